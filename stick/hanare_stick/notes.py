"""The office's messages on this stick: kept until they are read, told to each new screen, and reported to the hub.

They live in the agent's memory only. After a restart of the agent the hub sends what was not read again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from hanare_core.messages.stick import Note, Noted, Reading
from hanare_stick import control_messages as control

KEPT: Final = 20
"""Messages remembered; an older one that comes again is shown again."""

REPORTS: Final = 64
"""Readings that wait for the channel; a person reads a few a day."""


class Notes:
    """What was heard, and how far each message has come.

    `tell` tells the screen; `agreed` hears of a message that asks for diagnostics once the person agrees to it.
    """

    def __init__(self, tell: Callable[[control.AnyEvent], None], agreed: Callable[[str], None]) -> None:
        self._tell = tell
        self._agreed = agreed
        self.reports: asyncio.Queue[Noted] = asyncio.Queue(REPORTS)
        """What the hub is to be told, in order."""
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

    def read(self, name: str, *, agreed: bool) -> None:
        """Note that the person has understood it, and agrees to what it asks for; only the first answer counts."""
        if name not in self._notes:
            return
        first = self._readings[name] is not Reading.READ
        self._reach(name, Reading.READ)
        if first and agreed and self._notes[name].diagnostics:
            self._agreed(name)

    def _reach(self, name: str, reading: Reading) -> None:
        self._readings[name] = reading
        self._report(Noted(note=name, reading=reading))

    def _report(self, noted: Noted) -> None:
        # What finds no room is said when the hub sends the message again.
        with contextlib.suppress(asyncio.QueueFull):
            self.reports.put_nowait(noted)

    def _forget_the_oldest(self) -> None:
        while len(self._notes) > KEPT:
            oldest = next(iter(self._notes))
            del self._notes[oldest], self._readings[oldest]


def _event(note: Note) -> control.Note:
    return control.Note(note=note.note, ja=note.ja, en=note.en, diagnostics=note.diagnostics)
