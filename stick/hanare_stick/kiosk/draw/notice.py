"""What is to be read above a page: what happened or a message, in a panel that leaves the page its room."""

from typing import Final

from hanare_stick.kiosk.acts import Do
from hanare_stick.kiosk.draw import parts, scrolled
from hanare_stick.kiosk.draw.banner import answers
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import word

TEXT_PIXELS: Final = 170
"""Six lines on the smallest screen, which hold every sentence of ours and most messages; more is scrolled to."""


class Reading:
    """The place of the panel; `show` draws the notice, or else the oldest message."""

    def __init__(self, do: Do) -> None:
        self._do = do
        self._drawn: object = None
        self.widget = parts.column()

    def show(self, state: State) -> None:
        """Draw what is to be read, once: one who has scrolled in it stays there."""
        reading = (state.notice, state.notes[:1], state.language)
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
        for note in state.notes[:1]:
            title = parts.text(word("note-title", state.language), "said")
            head = parts.row(title, parts.spring(), answers(state, self._do, asks=note.diagnostics))
            return _framed(head, note.said(state.language), "", good=True)
        return None


def _framed(head: Gtk.Widget, words: str, code: str, *, good: bool) -> Gtk.Box:
    panel = parts.column(head, scrolled.read(parts.text(words), TEXT_PIXELS), spacing=4)
    panel.add_css_class("notice")
    if good:
        panel.add_css_class("good")
    if code:
        panel.append(parts.text(code, "code"))
    return panel
