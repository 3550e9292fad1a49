"""F13: somebody without the stick, or with another one, tries to lock a stick and its user out."""

import socket
import sqlite3
from contextlib import closing

import pytest

from hanare_core import oprf, signed, wire
from hanare_core.messages import api
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.installation.gateway import PORT
from hanare_lab.installation.hall import Hall
from tests.gateway import net
from tests.stories.thief import Thief

pytestmark = [pytest.mark.lab, pytest.mark.story]

SILENT_S = 0.5
TRIES = 12
"""More than the ten that would lock the pair."""


def attempts(hall: Hall) -> int:
    """Return how many attempts keyd has counted."""
    database = hall.server.folder / "keyd/keyd.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM attempts WHERE kind = 'sign-in'").fetchone()[0])


def test_without_a_stick_nothing_answers(hall: Hall) -> None:
    """From a home on the internet neither the API nor the hub can be reached, and WireGuard answers nobody."""
    home = hall.city.homes[1].pc
    for port in (front.API_PORT, front.HUB_PORT):
        for address in (addresses.SERVER6, addresses.SERVER, addresses.GATEWAY_WAN):
            with pytest.raises((TimeoutError, OSError)):
                net.connect(home, address, port, seconds=SILENT_S).close()
    plain = net.in_network(home, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with plain:
        plain.settimeout(SILENT_S)
        plain.sendto(b"\x01" + bytes(147), (str(addresses.GATEWAY_WAN), PORT))
        with pytest.raises(TimeoutError):
            plain.recvfrom(2048)


def test_another_stick_counts_nothing_against_this_one(hall: Hall) -> None:
    """Who holds another stick of the office cannot speak for this one; the owner signs in as if nothing had been."""
    worker, stick = hall.workers[0], hall.add_stick()
    stick.start()
    hall.set_first_pin(stick, worker)
    stick.wait_ready()
    other = hall.add_stick(home=1, number=2)
    other.start()
    thief = Thief(other)
    before = attempts(hall)
    for _ in range(TRIES):
        element = wire.key_text(oprf.blind(b"000000")[1])
        body = api.BeginBody(nonce=thief.nonce(), user=worker.name, element=element)
        text = signed.sign(Kind.BEGIN, body, thief.device.identity)
        refused = thief.post("begin", wire.encode(api.Begin(stick=stick.id, signed=text)))
        assert refused == (401, Code.NOT_AUTHENTIC)
    assert attempts(hall) == before
    hall.sign_in(stick, worker)
    assert stick.wait_for("desktop-started").code == ""
