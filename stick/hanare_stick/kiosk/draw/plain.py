"""The pages without fields: starting, unusable, the tour, the authenticator's secret, the question before the end."""

from typing import Final

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.busy import Busy
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import TOUR_STEPS, Page, State
from hanare_stick.kiosk.words import word

_SECRET_GROUP: Final = 4


class Plain:
    """A page without fields: title, text, buttons; the first one has the focus."""

    def __init__(self, title: str, words: str, *buttons: Gtk.Button) -> None:
        self._busy = Busy(parts.text("", "lead"))
        box = parts.column(spacing=20)
        for text, kind in ((title, "title"), (words, "tour")):
            if text:
                box.append(parts.text(text, kind))
        for each in buttons:
            each.set_halign(Gtk.Align.START)
            box.append(each)
        box.append(self._busy.widget)
        if buttons:
            box.connect("map", lambda _box: buttons[0].grab_focus())
        self.widget: Gtk.Widget = box

    def follow(self, state: State) -> None:
        """Say what is being done."""
        doing = state.busy or state.waiting
        self._busy.say(word(doing, state.language) if doing else "")


class Starting(Plain):
    """The stick is on its way; the home's network can be chosen, and its own sign-in page opened where it has one."""

    def __init__(self, state: State, do: Do) -> None:
        say = state.language
        self._portal = parts.button(word("portal-open", say), lambda: do(acts.OpenPortal()), "go")
        network = parts.button(word("network", say), lambda: do(acts.OpenNetworks()))
        super().__init__(word("starting-title", say), word("starting-next", say), self._portal, network)
        self._portal.set_visible(False)
        self.widget.connect("map", lambda _box: (self._portal if self._portal.get_visible() else network).grab_focus())

    def follow(self, state: State) -> None:
        """Offer the network's page from the moment it was found."""
        super().follow(state)
        if state.portal != self._portal.get_visible():
            self._portal.set_visible(state.portal)
            if state.portal:
                self._portal.grab_focus()


def unusable(state: State, do: Do) -> Plain:
    """Say nothing of its own: the notice above it does; the PC can be switched off."""
    return Plain("", "", parts.button(word("power-off", state.language), lambda: do(acts.PowerOff()), "go"))


def tour(state: State, do: Do) -> Plain:
    """Show one step of the guided first run."""
    step = state.tour_step
    go = "next" if step < TOUR_STEPS else "tour-start"
    page = Plain(
        word(f"tour-{step}-title", state.language),
        word(f"tour-{step}-text", state.language),
        parts.button(word(go, state.language), lambda: do(acts.TourNext()), "go"),
    )
    page.widget.prepend(parts.text(word("tour-title", state.language, step=step), "lead"))
    return page


def enrol(state: State, do: Do) -> Plain:
    """Show the secret for the authenticator, in groups that can be typed."""
    secret = state.secret
    groups = " ".join(secret[at : at + _SECRET_GROUP] for at in range(0, len(secret), _SECRET_GROUP))
    page = Plain(
        word("enrol-title", state.language),
        word("enrol-next", state.language),
        parts.button(word("enrol-done", state.language), lambda: do(acts.Go(Page.SIGN_IN)), "go"),
    )
    said = page.widget.get_first_child().get_next_sibling()
    page.widget.insert_child_after(parts.text(groups, "secret"), said)
    return page


def confirm_end(state: State, do: Do) -> Plain:
    """Ask before the session ends."""
    return Plain(
        word("end-title", state.language),
        word("end-next", state.language),
        parts.button(word("menu-end", state.language), lambda: do(acts.End()), "go"),
        parts.button(word("cancel", state.language), lambda: do(acts.Resume())),
    )
