"""The page about the home's network: whether a cable is in, and the Wi-Fi networks in reach as buttons."""

from typing import Final

from hanare_stick.control_messages import Network, Networks
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.busy import Busy
from hanare_stick.kiosk.draw.scrolled import scrolled
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import Language, word

_LIST_PIXELS: Final = 260
"""Four rows on the smallest screen; the rest is scrolled to, also by Tab."""

_SIGNAL: Final = ("", "signal-weak", "signal-fair", "signal-good", "signal-strong")


class NetworkList:
    """Follows what the agent finds; the best network has the focus."""

    def __init__(self, state: State, do: Do) -> None:
        self._language: Language = state.language
        self._do = do
        self._drawn: Networks | None = None
        self._cable = parts.text("", "lead")
        self._rows = parts.column(spacing=8)
        self._busy = Busy(parts.text("", "lead"))
        again = parts.button(self._say("network-again"), lambda: do(acts.OpenNetworks()))
        hidden = parts.button(self._say("network-hidden"), lambda: do(acts.ChooseNetwork(None)))
        back = parts.button(self._say("back"), lambda: do(acts.LeaveNetwork()))
        self.widget: Gtk.Widget = parts.column(
            parts.text(self._say("network-title"), "title"),
            self._cable,
            scrolled(self._rows, _LIST_PIXELS),
            parts.row(again, hidden, back, parts.spring()),
            self._busy.widget,
            spacing=14,
        )

    def follow(self, state: State) -> None:
        """Show what was found, and whether it is still being looked for."""
        self._busy.say(self._say(state.busy) if state.busy else "")
        if state.networks is not None and state.networks is not self._drawn:
            self._drawn = state.networks
            self._draw(state.networks)

    def _draw(self, found: Networks) -> None:
        parts.clear(self._rows)
        self._cable.set_label(self._say("network-cable" if found.cable else "network-no-cable"))
        if not found.networks:
            self._rows.append(parts.text(self._say("network-none" if found.radio else "network-no-radio")))
            return
        buttons = [self._row(network) for network in found.networks]
        for button in buttons:
            self._rows.append(button)
        buttons[0].grab_focus()

    def _row(self, network: Network) -> Gtk.Button:
        name = parts.short(shown(network.name))
        content = parts.row(name, parts.spring(), spacing=16)
        for key in _marks(network):
            content.append(parts.short(self._say(key), "field"))
        row = Gtk.Button(child=content)
        row.connect("clicked", lambda _row: self._do(acts.ChooseNetwork(network)))
        return row

    def _say(self, key: str) -> str:
        return word(key, self._language)


def _marks(network: Network) -> tuple[str, ...]:
    """Return the words that stand beside the name."""
    connected = ("network-connected",) if network.connected else ()
    known = ("network-known",) if network.known else ()
    unsafe = ("network-open",) if network.kind == "open" else ()
    return (*connected, *known, *unsafe, _SIGNAL[network.bars])
