"""F02: a stick is stolen with all its bytes, and the thief has our source: no PIN can be tried offline.

The thief is given more and more: the partition, then the server's database too. Only keyd's key opens anything.
"""

import itertools
import time
from pathlib import Path

import pytest

from hanare_core import envelope, keyring, oprf, ratchet, wire
from hanare_core import site as names
from hanare_core.keyring import KeySet
from hanare_core.problems import Code, Problem
from hanare_core.site import Endpoint, GatewaySite, Site
from hanare_image.device import write_partition
from hanare_server.directory.models import User
from tests.keyd.office import code_of
from tests.server.town import Town, command
from tests.server.worker_at_home import PIN, WRONG_PIN, AtHome

CERTIFICATE = "-----BEGIN CERTIFICATE-----\n"


def partition(folder: Path, town: Town) -> Path:
    """Write a stick's partition as the kitting station does."""
    site = Site(
        organisation=town.id,
        organisation_name="離れ市",
        help_desk="0123",
        server_key=town.organisation.server_key,
        server_certificate=CERTIFICATE,
        api=Endpoint("fd00::1", 443),
        hub=Endpoint("fd00::1", 444),
        gateways=(GatewaySite("gw-1", wire.key_text(bytes(32)), (Endpoint("192.0.2.1", 51820),)),),
    )
    write_partition(folder, site, town.ca_key, now_ms=time.time_ns() // 1_000_000)
    return folder


def plugged_in(folder: Path, town: Town) -> AtHome:
    """Return the stick of this partition."""
    keys = held(folder)
    stick = AtHome(keyring.certificate_of(keys).stick, town.id, town.ca_key)
    stick.identity, stick.door = keys.identity_key, keys.door_key
    return stick


def held(folder: Path) -> KeySet:
    """Return the keys that stand in this partition."""
    return keyring.read((folder / names.KEYS_FILE).read_bytes()).current


def keep(folder: Path, generation: int) -> None:
    """Write the generation as the stick's agent does."""
    area = (folder / names.STATE_FILE).read_bytes()
    change = ratchet.write(area, generation=generation, now_ms=2**41)
    end = change.offset + len(change.data)
    (folder / names.STATE_FILE).write_bytes(area[: change.offset] + change.data + area[end:])


def test_the_partition_is_the_same_for_every_pin(town: Town, tmp_path: Path) -> None:
    """Two users with different PINs sign in on a stick: nothing but generation and time has changed on it."""
    folder = partition(tmp_path / "stick", town)
    stick = plugged_in(folder, town)
    stick.certificate = lambda: held(folder).certificate or ""  # type: ignore[method-assign] # as it was written
    register(town, stick)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, pin in (("tanaka", PIN), ("suzuki", WRONG_PIN)):
        user = town.add_user(name)
        stick.set_pin(name, town.code_for(user), pin)
        session = stick.sign_in(name, pin)
        keep(folder, stick.generation)
        stick.end(session.session, "ended-by-user")
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {names.STATE_FILE}
    state = ratchet.read(after[names.STATE_FILE])
    assert (state.generation, state.last_good_ms) == (stick.generation, 2**41)
    slots = (ratchet.decode(after[names.STATE_FILE][start:]) for start in (0, ratchet.SLOT_BYTES))
    assert all(slot is not None for slot in slots)
    secrets = [user.envelope.encode() for user in User.objects.filter(organisation=town.id)] + [PIN.encode()]
    assert not any(secret in content for secret, content in itertools.product(secrets, after.values()))


def register(town: Town, stick: AtHome) -> None:
    """Register a stick that the kitting station wrote."""
    stick.register(command("registration_token", organisation=town.id, department=town.department, count=1))


def test_with_the_servers_database_too_no_guess_can_be_told_right(town: Town) -> None:
    """With the envelope in hand the right PIN opens it no more than a wrong one: keyd's evaluation is missing."""
    town.ready()
    sealed = User.objects.get(organisation=town.id, name="tanaka").envelope
    for pin in (PIN, WRONG_PIN):
        for key in (bytes([1]) + bytes(31), oprf.random_key()):
            blind, element = oprf.blind(pin.encode())
            output = oprf.finalize(pin.encode(), blind, oprf.evaluate(key, element))
            with pytest.raises(Problem, match="sign-in-failed"):
                envelope.open_envelope(sealed, output)


def test_with_keyds_evaluation_each_guess_is_counted(town: Town) -> None:
    """The only way to try a PIN is keyd's, and it ends after ten; then the right PIN is worth nothing either."""
    stick = town.ready()
    for number in range(10):
        _, answer, output = stick.begin("tanaka", f"{number:06}")
        with pytest.raises(Problem, match="sign-in-failed"):
            envelope.open_envelope(answer.envelope, output)
    assert code_of(lambda: stick.open("tanaka", PIN)) is Code.PIN_LOCKED


def test_an_old_evaluation_is_worth_nothing_for_another_pin(town: Town) -> None:
    """Evaluations that the thief recorded belong to one PIN each: no other PIN opens the envelope with them."""
    stick = town.ready()
    _, answer, _ = stick.begin("tanaka", WRONG_PIN)
    for pin in (PIN, WRONG_PIN, "000000"):
        for blind in (oprf.random_key(), bytes([1]) + bytes(31)):
            output = oprf.finalize(pin.encode(), blind, wire.key_bytes(answer.evaluation))
            with pytest.raises(Problem, match="sign-in-failed"):
                envelope.open_envelope(answer.envelope, output)
