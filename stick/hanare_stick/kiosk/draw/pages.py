"""The table of pages: each is made once, when it comes up, keeps what is typed, and follows the state."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import forms, plain
from hanare_stick.kiosk.draw.menu import Menu
from hanare_stick.kiosk.draw.network_list import NetworkList
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.draw.wifi_form import WifiForm
from hanare_stick.kiosk.state import Page, State


class Drawn(Protocol):
    """A page on the screen."""

    widget: Gtk.Widget

    def follow(self, state: State) -> None:
        """Show what changed."""


_PAGES: Final[Mapping[Page, Callable[[State, Do], Drawn]]] = {
    Page.SIGN_IN: forms.SignIn,
    Page.FIRST_PIN: forms.FirstPin,
    Page.CHANGE_PIN: forms.ChangePin,
    Page.OFFICE: forms.Office,
    Page.LOCK: forms.Lock,
    Page.NETWORK: NetworkList,
    Page.WIFI: WifiForm,
    Page.STARTING: plain.Starting,
    Page.PORTAL: plain.Starting,
    Page.UNUSABLE: plain.unusable,
    Page.TOUR: plain.tour,
    Page.ENROL: plain.enrol,
    Page.MENU: Menu,
    Page.CONFIRM_END: plain.confirm_end,
    Page.DESKTOP: plain.Starting,
}


def make(state: State, do: Do) -> Drawn:
    """Return the page that the state names."""
    return _PAGES[state.page](state, do)
