"""F15: the stick is started in a virtual machine on somebody's running system, which sees its screen and its memory.

What processor and firmware say of the machine comes from a stand-in for systemd-detect-virt in the home PC; the real
one in a real virtual machine: tests/emulated/test_session.py.
"""

import json
import sqlite3
from contextlib import closing

import pytest

from hanare_core.problems import Code
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

IMAGE = 1
DETECTOR = "/usr/bin/systemd-detect-virt"
ENDED_S = 60.0
"""The worker looks at every open session each few seconds; a wide bound."""


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Plug in a stick whose user has a PIN, in a PC that is one."""
    made = hall.add_stick(image=IMAGE)
    switch_on(made, "none")
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


def switch_on(stick: Stick, machine: str) -> None:
    """Start the stick's agent in a machine of this kind."""
    if stick.agent is not None:
        stick.agent.close()
    stick.machine.write(DETECTOR, f'#!/bin/sh\n[ "$*" = --vm ] && echo {machine}\n', mode=0o755)
    stick.start()


def refusals(hall: Hall) -> list[str]:
    """Return the reasons of every refused sign-in that the audit log holds."""
    query = "SELECT detail FROM audit_auditrow WHERE act = 'sign-in-refused' ORDER BY number"
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return [json.loads(row[0])["reasons"] for row in database.execute(query)]


def test_refused_and_audited_unless_the_office_allows_it(hall: Hall, stick: Stick) -> None:
    """On a PC a session opens; in a virtual machine none does, which is audited, until the profile allows it."""
    worker = hall.workers[0]
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    stick.ask("end")
    stick.wait_ready()

    switch_on(stick, "oracle")
    hall.sign_in(stick, worker)
    assert stick.wait_refused().code == Code.VIRTUAL_MACHINE
    assert not stick.running("xfreerdp3")
    assert refusals(hall) == [Code.VIRTUAL_MACHINE]
    stick.wait_ready()

    hall.change_profile(vm_allowed=True)
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
    hall.change_profile(vm_allowed=False)
    assert stick.wait_refused(seconds=ENDED_S).code == Code.VIRTUAL_MACHINE
    until(lambda: not stick.running("xfreerdp3"), seconds=ENDED_S, what="the end of the desktop")
