"""Sticks for a bench, one after another in the same home PC.

The server takes 40 requests at once from one stick and one a second in the long run. A bench that signs in faster
than a person therefore takes a new stick every few sign-ins.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hanare_lab.installation.hall import Hall, Worker
from hanare_lab.installation.stick import DEVICE, Event, Stick

SIGN_INS: Final = 8
"""Sign-ins of one stick in a row, with their ends: five requests each stay below 40."""


@contextmanager
def plugged(hall: Hall) -> Iterator[Stick]:
    """Write a new stick, plug it in and wait until it is ready; unplug it at the end."""
    shutil.rmtree(hall.city.homes[0].pc.root / DEVICE.lstrip("/"), ignore_errors=True)
    stick = hall.add_stick(number=len(hall.sticks) + 1)
    try:
        stick.start()
        yield stick
    finally:
        if stick.agent is not None:
            stick.agent.close()
        stick.screen.close()


def set_pin(hall: Hall) -> None:
    """Have the first worker choose a PIN, on a stick of its own."""
    with plugged(hall) as stick:
        hall.set_first_pin(stick, hall.workers[0])


def sign_in(hall: Hall, stick: Stick, worker: Worker) -> tuple[int, dict[str, int]]:
    """Sign in; return when Enter was pressed and when each step was done (monotonic ns)."""
    entered_ns = hall.sign_in(stick, worker)
    started = stick.wait_for("desktop-started")
    accept(started)
    return entered_ns, {event.step: event.at_ns for event in stick.events}


def accept(event: Event) -> None:
    """Raise RuntimeError when the event is a refusal: a bench has no use for a part of its figures."""
    if event.code:
        raise RuntimeError(f"the stick was refused: {event.code} {event.detail}")
