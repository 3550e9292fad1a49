"""The cover: one layer all over the first monitor, with the page, the notice, and the help desk's number.

While it stands it has all keys, and nothing beneath it can be seen. It is hidden only on the pages in `BARE`.
"""

from typing import Final

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import pages, parts
from hanare_stick.kiosk.draw.first_window import FirstWindow
from hanare_stick.kiosk.draw.notice import Reading
from hanare_stick.kiosk.draw.scrolled import RING_PIXELS, scrolled
from hanare_stick.kiosk.draw.toolkit import Gtk, LayerShell
from hanare_stick.kiosk.state import BARE, IN_SESSION, Page, State
from hanare_stick.kiosk.words import LANGUAGES, word

PAGE_PIXELS: Final = 768
"""As wide as a text is read with ease; a page that needs the whole screen asks for it by `vexpand`."""

ONE_LINE_CHARACTERS: Final = 40
"""A help desk's words that are longer are written smaller, in several lines."""

_LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}


class Cover:
    """One window; `show` draws a state."""

    def __init__(self, application: Gtk.Application, do: Do) -> None:
        self._do = do
        self._page: pages.Drawn | None = None
        self._framed: object = None
        self._shown: object = None
        self.window = FirstWindow(application)
        self.window.add_css_class("cover")
        LayerShell.set_namespace(self.window, "hanare-cover")
        LayerShell.set_layer(self.window, LayerShell.Layer.OVERLAY)
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.EXCLUSIVE)
        LayerShell.set_exclusive_zone(self.window, -1)
        for edge in (LayerShell.Edge.TOP, LayerShell.Edge.BOTTOM, LayerShell.Edge.LEFT, LayerShell.Edge.RIGHT):
            LayerShell.set_anchor(self.window, edge, True)
        self._head = parts.row()
        self._reading = Reading(do)
        self._place = parts.column()
        self._foot = parts.row(spacing=14)
        self.window.set_child(self._layout())

    def show(self, state: State) -> None:
        """Draw the state."""
        frame = (state.language, state.keyboard, state.office, state.page in IN_SESSION)
        if self._framed != frame:
            self._framed = frame
            self._draw_head(state)
            self._draw_foot(state)
        page = (state.page, state.language, state.keyboard, state.tour_step, _rules(state))
        if self._shown != page:  # never for the office's facts alone: somebody may be typing when they come
            self._shown = page
            self._draw_page(state)
        self._reading.show(state)
        if self._page is not None:
            self._page.follow(state)
        self.window.want(wanted=state.page not in BARE)

    def take_keys(self) -> None:
        """Ask for all keys anew: the compositor gives none to a layer that comes up behind the curtain."""
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.ON_DEMAND)
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.EXCLUSIVE)

    def _layout(self) -> Gtk.Widget:
        self._middle = parts.column(self._reading.widget, scrolled(self._place), spacing=18)
        self._middle.set_vexpand(True)
        self._middle.set_size_request(PAGE_PIXELS, -1)
        outer = parts.column(self._head, self._middle, self._foot, spacing=8)
        parts.margin(outer, 20, "top", "bottom")
        parts.margin(outer, 36 - RING_PIXELS, "start", "end")
        for part in (self._head, self._reading.widget, self._foot):
            parts.margin(part, RING_PIXELS, "start", "end")
        return outer

    def _draw_head(self, state: State) -> None:
        parts.clear(self._head)
        name = state.office.organisation if state.office is not None else ""
        product = word("product", state.language)
        self._head.append(parts.cut(f"{name}  {product}" if name else product, "office"))
        self._head.append(parts.spring())
        self._head.append(parts.short(word("keyboard", state.language), "field"))
        for keyboard in ("jis", "us"):
            self._chip(word(keyboard, state.language), acts.ChooseKeyboard(keyboard), keyboard == state.keyboard)
        self._head.append(parts.short(word("language", state.language), "field"))
        for language in LANGUAGES:
            self._chip(_LANGUAGE_NAMES[language], acts.ChooseLanguage(language), language == state.language)

    def _chip(self, words: str, act: acts.Act, chosen: bool) -> None:  # noqa: FBT001 - as it is drawn
        chip = parts.button(words, lambda: self._do(act), "small")
        if chosen:
            chip.add_css_class("chosen")
        self._head.append(chip)

    def _draw_foot(self, state: State) -> None:
        parts.clear(self._foot)
        number = parts.text(state.help_desk, "number")
        if len(state.help_desk) > ONE_LINE_CHARACTERS:
            number.add_css_class("long")
        number.set_hexpand(True)
        power_off = parts.button(word("power-off", state.language), lambda: self._do(acts.PowerOff()), "small")
        power_off.set_valign(Gtk.Align.END)
        for part in (parts.short(word("help", state.language), "foot"), number, power_off):
            self._foot.append(part)

    def _draw_page(self, state: State) -> None:
        parts.clear(self._place)
        self._page = pages.make(state, self._do)
        self._place.append(self._page.widget)
        fills = self._page.widget.get_vexpand()
        self._middle.set_valign(Gtk.Align.FILL if fills else Gtk.Align.CENTER)
        self._middle.set_halign(Gtk.Align.FILL if fills else Gtk.Align.CENTER)


def _rules(state: State) -> object:
    """Return what the page says of the office's rules for a PIN, where it does."""
    office = state.office
    if office is None or state.page not in {Page.FIRST_PIN, Page.CHANGE_PIN}:
        return None
    return office.pin_characters, office.pin_composition, office.factor, office.security_key
