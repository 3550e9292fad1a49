"""What the stick hears from the hub, and what follows: a stop ends our session now, a standing is told."""

import asyncio
from typing import assert_never

from hanare_core.messages import stick as messages
from hanare_core.problems import Problem
from hanare_stick import channel
from hanare_stick.device import Device
from hanare_stick.follow import Follow
from hanare_stick.notes import Notes
from hanare_stick.seat import Seat
from hanare_stick.teller import Teller
from hanare_stick.work import Work


class Hearing:
    """Keeps one channel to the hub."""

    def __init__(  # noqa: PLR0913, PLR0917 - whom a message may concern
        self, device: Device, seat: Seat, work: Work, follow: Follow, notes: Notes, teller: Teller
    ) -> None:
        self._device = device
        self._seat = seat
        self._work = work
        self._follow = follow
        self._notes = notes
        self._teller = teller
        self._tasks: asyncio.TaskGroup | None = None
        self._listening: asyncio.Task[None] | None = None

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Listen as long as the tasks run."""
        self._tasks = tasks
        self.anew()

    def anew(self) -> None:
        """Open another channel in the place of the one that stands; before `begin` there is none to replace."""
        if self._tasks is None:
            return
        if self._listening is not None:
            self._listening.cancel()
        listening = channel.listen(self._device, self._heard, self._not_heard, self._notes.reports)
        self._listening = self._tasks.create_task(listening)

    def _heard(self, message: channel.Heard) -> None:
        match message:
            case messages.Standing():
                if message.code is not None:
                    self._teller.refuse(Problem(message.code))
            case messages.Grace():
                self._teller.grace(message.until_ms)
            case messages.Settings():
                self._seat.obey(message)
            case messages.Note():
                self._notes.hear(message, screen=self._teller.has_screen)
            case messages.Away():
                self._follow.heard(message)
            case messages.Stop():
                self._stopped(message)
            case _:
                assert_never(message)

    def _stopped(self, stop: messages.Stop) -> None:
        """End our session now; a stop of another one is none of ours."""
        if stop.session == self._seat.opening:
            self._seat.stop()
            self._work.cancel(stop.code)

    def _not_heard(self) -> None:
        """Say until when a best-effort session may go on: the hub, which would say it, is not to be heard."""
        if self._seat.session is not None and self._seat.opening is not None:
            self._teller.unheard(self._seat.session)
