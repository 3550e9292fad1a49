"""The office's messages on this stick: kept until they are read, told to each new screen, and reported to the hub.

They live in the agent's memory only. After a restart of the agent the hub sends what was not read again.
"""

from collections.abc import Callable, Iterator
from typing import Final

from hanare_core.messages.stick import Note, Noted, Reading
from hanare_stick import control_messages as control

KEPT: Final = 20
"""Messages remembered; an older one that comes again is shown again."""


class Notes:
    """What was heard, and how far each message has come."""

    def __init__(self, tell: Callable[[control.AnyEvent], None], report: Callable[[Noted], None]) -> None:
        self._tell = tell
        self._report = report
        self._notes: dict[str, Note] = {}
        self._readings: dict[str, Reading] = {}

    def hear(self, note: Note, *, screen: bool) -> None:
        """Take a message; one that is known is only reported again."""
        if note.note not in self._notes:
            self._notes[note.note] = note
            self._readings[note.note] = Reading.SHOWN if screen else Reading.DELIVERED
            self._forget_the_oldest()
            self._tell(_event(note))
        self._report(Noted(note=note.note, reading=self._readings[note.note]))

    def unread(self) -> Iterator[control.Note]:
        """Give what a new screen has to show."""
        for name, note in self._notes.items():
            if self._readings[name] is not Reading.READ:
                yield _event(note)

    def shown(self) -> None:
        """Note that a screen stands, which has heard everything that is unread."""
        for name, reading in self._readings.items():
            if reading is Reading.DELIVERED:
                self._reach(name, Reading.SHOWN)

    def read(self, name: str) -> bool:
        """Note that the person has understood it; return whether it asks for diagnostics, the first time."""
        if name not in self._notes:
            return False
        first = self._readings[name] is not Reading.READ
        self._reach(name, Reading.READ)
        return first and self._notes[name].diagnostics

    def _reach(self, name: str, reading: Reading) -> None:
        self._readings[name] = reading
        self._report(Noted(note=name, reading=reading))

    def _forget_the_oldest(self) -> None:
        while len(self._notes) > KEPT:
            oldest = next(iter(self._notes))
            del self._notes[oldest], self._readings[oldest]


def _event(note: Note) -> control.Note:
    return control.Note(note=note.note, ja=note.ja, en=note.en, diagnostics=note.diagnostics)
