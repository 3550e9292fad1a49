"""The cover: one full-screen layer above everything, with the page, the notice, and the help desk's number.

While it stands it has all keys, and nothing beneath it can be seen. It is hidden only on the pages in `BARE`.
"""

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import pages, parts
from hanare_stick.kiosk.draw.banner import answers
from hanare_stick.kiosk.draw.toolkit import Gtk, LayerShell
from hanare_stick.kiosk.state import BARE, IN_SESSION, State
from hanare_stick.kiosk.words import LANGUAGES, word

_LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}


class Cover:
    """One window; `show` draws a state."""

    def __init__(self, application: Gtk.Application, do: Do) -> None:
        self._do = do
        self._page: pages.Drawn | None = None
        self._drawn: object = None
        self.window = Gtk.ApplicationWindow(application=application)
        self.window.add_css_class("cover")
        LayerShell.init_for_window(self.window)
        LayerShell.set_namespace(self.window, "hanare-cover")
        LayerShell.set_layer(self.window, LayerShell.Layer.OVERLAY)
        LayerShell.set_keyboard_mode(self.window, LayerShell.KeyboardMode.EXCLUSIVE)
        LayerShell.set_exclusive_zone(self.window, -1)
        for edge in (LayerShell.Edge.TOP, LayerShell.Edge.BOTTOM, LayerShell.Edge.LEFT, LayerShell.Edge.RIGHT):
            LayerShell.set_anchor(self.window, edge, True)
        self._head = parts.row()
        self._notice = parts.column(spacing=6)
        self._place = parts.column()
        self._foot = parts.row(spacing=14)
        self.window.set_child(self._layout())

    def show(self, state: State) -> None:
        """Draw the state."""
        frame = (state.language, state.keyboard, state.office, state.page in IN_SESSION)
        page = (state.page, state.language, state.tour_step)
        if self._drawn != (frame, page):
            self._drawn = (frame, page)
            self._draw_head(state)
            self._draw_foot(state)
            self._draw_page(state)
        self._draw_notice(state)
        if self._page is not None:
            self._page.follow(state)
        visible = state.page not in BARE
        if visible != self.window.get_visible():
            self.window.set_visible(visible)

    def _layout(self) -> Gtk.Widget:
        middle = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=18, valign=Gtk.Align.CENTER, vexpand=True)
        middle.append(self._notice)
        middle.append(self._place)
        middle.set_size_request(760, -1)
        middle.set_halign(Gtk.Align.CENTER)
        outer = parts.column(self._head, middle, self._foot, spacing=0)
        for side in ("top", "bottom"):
            getattr(outer, f"set_margin_{side}")(20)
        for side in ("start", "end"):
            getattr(outer, f"set_margin_{side}")(36)
        return outer

    def _draw_head(self, state: State) -> None:
        parts.clear(self._head)
        name = state.office.organisation if state.office is not None else ""
        product = word("product", state.language)
        self._head.append(parts.short(f"{name}  {product}" if name else product, "office"))
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
        number = parts.short(state.help_desk, "number")
        for part in (parts.short(word("help", state.language), "foot"), number, parts.spring()):
            self._foot.append(part)
        self._foot.append(parts.button(word("power-off", state.language), lambda: self._do(acts.PowerOff()), "small"))

    def _draw_page(self, state: State) -> None:
        parts.clear(self._place)
        self._page = pages.make(state, self._do)
        self._place.append(self._page.widget)

    def _draw_notice(self, state: State) -> None:
        parts.clear(self._notice)
        if state.notice is not None:
            title, following = state.notice.said(state.language)
            self._notice.append(_panel(title, following, state.notice.code, good=state.notice.good))
            return  # a message waits: both would push the page's buttons and the help desk's number off a small screen
        for note in state.notes[:1]:
            panel = _panel(word("note-title", state.language), note.said(state.language), "", good=True)
            panel.append(answers(state, self._do, asks=note.diagnostics))
            self._notice.append(panel)


def _panel(title: str, words: str, code: str, *, good: bool) -> Gtk.Box:
    panel = parts.column(parts.text(title, "said"), parts.text(words), spacing=4)
    panel.add_css_class("notice")
    if good:
        panel.add_css_class("good")
    if code:
        panel.append(parts.text(code, "code"))
    return panel
