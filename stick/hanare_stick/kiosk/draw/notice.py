"""What is to be read above a page: what happened or a message, in a panel that leaves the page its room.

Where nobody is known to sit there it says only that a message waits, but for the question for diagnostics.
"""

from collections.abc import Mapping
from typing import Final

from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts, scrolled
from hanare_stick.kiosk.draw.banner import answers
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import word

TEXT_PIXELS: Final = 170
"""Six lines on the smallest screen, which hold every sentence of ours and most messages; more is scrolled to."""

_WAITS: Final[Mapping[Page, str]] = {Page.SIGN_IN: "note-waits-sign-in", Page.LOCK: "note-waits-lock"}
"""Pages on which one is about to say who one is, and the words for what to do to read a message."""


class Reading:
    """The place of the panel; `show` draws the notice, or else the oldest message."""

    def __init__(self, do: Do) -> None:
        self._do = do
        self._drawn: object = None
        self.widget = parts.column()

    def show(self, state: State) -> None:
        """Draw what is to be read, once: one who has scrolled in it stays there."""
        reading = (state.notice, state.readable[:1], _waits(state), state.language)
        if reading == self._drawn:
            return
        self._drawn = reading
        parts.clear(self.widget)
        if (panel := self._panel(state)) is not None:
            self.widget.append(panel)

    def _panel(self, state: State) -> Gtk.Box | None:
        if (notice := state.notice) is not None:
            title, following = notice.said(state.language)
            return _framed(parts.text(title, "said"), following, notice.code, good=notice.good)
        for note in state.readable[:1]:
            title = parts.text(word("note-title", state.language), "said")
            head = parts.row(title, parts.spring(), answers(state, self._do, asks=note.diagnostics))
            return _framed(head, note.said(state.language), "", good=True)
        if waits := _waits(state):
            title = parts.text(word("note-waits", state.language), "said")
            return _framed(title, word(waits, state.language), "", good=True)
        return None


def _waits(state: State) -> str:
    return _WAITS.get(state.page, "") if state.notes else ""


def _framed(head: Gtk.Widget, words: str, code: str, *, good: bool) -> Gtk.Box:
    panel = parts.column(head, scrolled.read(parts.text(words), TEXT_PIXELS), spacing=4)
    panel.add_css_class("notice")
    if good:
        panel.add_css_class("good")
    if code:
        panel.append(parts.text(code, "code"))
    return panel
