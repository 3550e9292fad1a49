"""F105: Monday, half past eight: everybody signs in within the same seconds, and everybody gets in.

Through the real web process, keyd and hub; bench/bench_signin_storm.py measures 500 in a minute.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hanare_core import envelope
from hanare_server.access.models import Session
from tests.server.front import Gunicorn
from tests.server.town import Town
from tests.server.unix_client import UnixClient
from tests.server.worker_at_home import PIN, AtHome

CROWD = 50
"""The town's sign-ins of a minute, all at once."""

SAFETY_S = 20.0
"""No sign-in takes longer than a stick waits for an answer, on a machine that does other things beside."""


def test_a_crowd_signs_in_at_once_and_everybody_gets_in(town: Town, tmp_path: Path) -> None:
    """Fifty sign-ins begun at the same moment give fifty open sessions, each with an address of its own."""
    web = Gunicorn(tmp_path)
    with web.running():
        crowd = [ready(town, UnixClient(web), number) for number in range(CROWD)]
        with ThreadPoolExecutor(CROWD) as pool:
            spent = list(pool.map(sign_in, crowd))
    opened = Session.objects.filter(organisation=town.id, state=Session.State.OPEN)
    addresses = {lease.address for session in opened for lease in session.leases.all()}
    assert (opened.count(), len(addresses)) == (CROWD, CROWD)
    assert max(spent) < SAFETY_S, sorted(spent)[-5:]


def ready(town: Town, client: UnixClient, number: int) -> AtHome:
    """Return a stick whose user has a PIN; the envelope is not opened here, which would cost Argon2id."""
    name = f"user{number}"
    user, stick = town.add_user(name), town.add_stick(name)
    stick.seal = lambda seed, _: envelope.stand_in(seed.hex(), bytes(32))
    stick.set_pin(name, town.code_for(user))
    stick.http = client
    return stick


def sign_in(stick: AtHome) -> float:
    """Sign in; return the seconds that it took."""
    (name,) = stick.seeds
    began = time.monotonic()
    attempt, _, _ = stick.begin(name, PIN)
    attempt.seed = stick.seeds[name]
    stick.generation = stick.finish(attempt).next_generation
    stick.confirm(attempt, stick.generation)
    return time.monotonic() - began
