"""What every story about a home does first: plug a stick in, choose a PIN where there is none yet, sign in."""

from pathlib import Path
from typing import Final

from hanare_lab.installation.hall import Hall, Worker
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

DRAWN_S: Final = 60.0
"""Until the desktop is drawn on the worst line; a wide bound."""

_with_pin: set[str] = set()


def session(hall: Hall, stick: Stick, worker: Worker) -> str:
    """Start the stick and sign the worker in; return the line on which the door came up."""
    stick.start()
    refused = [event.code for event in stick.events if event.code]
    assert not refused, refused
    line = next(event.detail for event in stick.events if event.step == "door-up")
    if worker.id not in _with_pin:
        hall.set_first_pin(stick, worker)
        _with_pin.add(worker.id)
        stick.wait_ready()
    hall.sign_in(stick, worker)
    started = stick.wait_for("desktop-started", seconds=DRAWN_S)
    assert started.code == "", started.code
    return line


def drawn(stick: Stick, picture: Path) -> None:
    """Wait until the desktop is on the stick's screen: a few hundred kilobytes have come through whole."""
    until(lambda: stick.screen.picture(picture).shows_something, seconds=DRAWN_S, what="the desktop")


def unplug(stick: Stick) -> None:
    """End the stick's agent and screen; the home PC is free for another."""
    if stick.agent is not None:
        stick.agent.close()
    stick.screen.close()
