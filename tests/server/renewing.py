"""A stick in a re-key, speaking to the API as the stick agent does; and the kitting station that signs."""

import dataclasses
from pathlib import Path

from hanare_core import signed, wire
from hanare_core.keyring import KeySet
from hanare_core.messages import api, renewal
from hanare_core.signed import Kind
from hanare_image import rekey as station
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from hanare_server.rekey import asks
from tests.server.accounts import account
from tests.server.town import Town, command
from tests.server.worker_at_home import AtHome

LONGEST_MS = asks.IDLE_MS + asks.BUSY_MS
"""What a stick that is on waits between its questions in one round."""


def ask(stick: AtHome, keys: KeySet | None = None, *, list_number: int = 0) -> api.RenewAnswer:
    """Tell what the stick has, with the keys that it has made."""
    shown = api.NewKeys(*keys.public) if keys is not None else None
    body = api.RenewBody(stick=stick.stick, generation=stick.generation, list_number=list_number, next=shown)
    message = api.Renew(stick=stick.stick, signed=signed.sign(Kind.RENEW, body, stick.identity))
    return stick.post(f"{api.PREFIX}/renew", message, api.RenewAnswer)


def with_keys(stick: AtHome, keys: KeySet) -> AtHome:
    """Return the stick as it is with these keys, at their door."""
    return dataclasses.replace(stick, identity=keys.identity_key, door=keys.door_key)


def come_through(stick: AtHome, keys: KeySet) -> AtHome:
    """Say through the new door that the new keys are in use; return the stick with them."""
    new = with_keys(stick, keys)
    proof = signed.sign(Kind.RENEWED, api.RenewedBody(stick=stick.stick), new.identity)
    new.post(f"{api.PREFIX}/renewed", api.Renewed(stick=stick.stick, signed=proof), api.Done)
    return new


def start(town: Town) -> Request:
    """Begin a round as two people do: one asks, the other approves what was asked."""
    asked = requests.ask(account(town.organisation, Role.ADMINISTRATOR), Loosening.START_REKEY, {"days": 14})
    return requests.approve(account(town.organisation, Role.ADMINISTRATOR), asked.pk, asked.payload_hash)


def sign(town: Town, folder: Path) -> str:
    """Carry the requests to the kitting station and its certificates back; return what the server says."""
    requests, answers = folder / "requests", folder / "answers"
    step(town, "export", file=requests)
    asked = renewal.read(requests.read_bytes(), renewal.Request)
    done = station.certify_requests(asked, town.ca_key, now_ms=now_ms())
    assert done.refused == []
    answers.write_bytes(renewal.lines(done.answers))
    return step(town, "import", file=answers)


def step(town: Town, name: str, **options: object) -> str:
    """Run one step of the server's command."""
    return command("rekey", name, organisation=town.id, **options)


def of(stick: AtHome) -> KeySet:
    """Return the stick's present keys as a set."""
    return KeySet(wire.key_text(bytes(stick.identity)), wire.key_text(bytes(stick.door)))
