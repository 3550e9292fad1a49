"""F45: a line that loses one packet in twenty, one with 200 ms, and one that jumps: usable, nobody is logged out."""

import time
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.installation.hall import Hall
from tests.stories.at_home import drawn, session, unplug

pytestmark = [pytest.mark.lab, pytest.mark.story]

STAYS_S: Final = 8.0
"""Longer than the silence after which the stick would look for another line."""


CONDITIONS: Final = [
    pytest.param({"loss": 0.05, "delay_ms": 10}, id="loss"),
    pytest.param({"delay_ms": 100}, id="200ms"),
    pytest.param({"loss": 0.01, "delay_ms": 20, "jitter_ms": 80}, id="jitter", marks=pytest.mark.soak),
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_session_stands(hall: Hall, tmp_path: Path, condition: dict[str, float]) -> None:
    """A session is signed in and drawn over UDP; for a while nothing ends and the line does not change."""
    home = hall.city.homes[0]
    home.set_line(**condition)
    stick = hall.add_stick(number=len(hall.sticks) + 1)
    session(hall, stick, hall.workers[0])
    drawn(stick, tmp_path / "desktop.png")
    stick.events.clear()
    end = time.monotonic() + STAYS_S
    while time.monotonic() < end:
        stick.listen()
        assert [event for event in stick.events if event.code or event.step == "line"] == []
    assert stick.running("xfreerdp3")
    unplug(stick)
    home.reset_line()
