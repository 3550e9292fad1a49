"""F03: guesses at a PIN, typed on a real stick: ten and no more, whoever is killed meanwhile."""

import sqlite3
from contextlib import closing
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_lab.installation.hall import Hall, Worker
from hanare_lab.installation.stick import Stick

pytestmark = [pytest.mark.lab, pytest.mark.story]

BUDGET: Final = 10
"""Wrong PINs in a row of one user on one stick (docs/protocol.md, "keyd")."""


def test_ten_guesses_and_no_eleventh(hall: Hall) -> None:
    """After ten wrong PINs nothing is evaluated any more, the right PIN included, until a new one-time code comes."""
    stick, worker = hall.add_stick(), hall.workers[0]
    stick.start()
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    for count in range(1, BUDGET + 1):
        if count == BUDGET // 2:
            hall.server.kill("keyd")
            hall.server.start_one("keyd")
        assert _type(hall, stick, worker, f"wrong-{count:04}") == Code.SIGN_IN_FAILED
        assert _evaluations(hall) == count
    for pin in ("wrong-again", worker.pin):
        assert _type(hall, stick, worker, pin) == Code.PIN_LOCKED
        assert _evaluations(hall) == BUDGET
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    assert _evaluations(hall) == BUDGET + 1


def _type(hall: Hall, stick: Stick, worker: Worker, pin: str) -> str:
    """Return the code with which the sign-in was refused."""
    hall.sign_in(stick, worker, pin=pin)
    code = stick.wait_refused().code
    stick.wait_ready()
    return code


def _evaluations(hall: Hall) -> int:
    """Return how many sign-ins keyd has counted, each before it evaluated."""
    database = hall.server.folder / "keyd/keyd.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM attempts WHERE kind = 'sign-in'").fetchone()[0]
    return count
