"""F11: a stick goes from one user to another; a PIN is reset: what the first one had is destroyed."""

import sqlite3
from contextlib import closing

from hanare_core.problems import Code
from hanare_server.audit.log import COMMAND
from hanare_server.directory.models import User
from hanare_server.lending import leaving
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import PIN

OTHER_PIN = "739146"


def keyd_rows(town: Town) -> dict[str, tuple[object, ...]]:
    """Return what keyd holds of each user: OPRF key, public key, factor."""
    path = town.keyd.settings_path.parent / "keyd.db"
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT user, oprf_key, user_key, totp FROM people WHERE organisation = ?"
        return {row[0]: row[1:] for row in database.execute(query, (town.id,))}


def test_the_next_holder_inherits_nothing(town: Town) -> None:
    """On a stick that was passed on each user has an own PIN; neither PIN opens the other's envelope."""
    stick = town.ready("tanaka")
    user = town.add_user("suzuki")
    stick.set_pin("suzuki", town.code_for(user), OTHER_PIN)
    for name, pin, other in (("tanaka", PIN, OTHER_PIN), ("suzuki", OTHER_PIN, PIN)):
        assert code_of(lambda name=name, other=other: stick.open(name, other)) is Code.SIGN_IN_FAILED
        stick.end(stick.sign_in(name, pin).session, "ended-by-user")


def test_a_leavers_key_is_gone_from_keyd(town: Town) -> None:
    """When the first holder leaves, OPRF key, public key and factor are gone from keyd, and the envelope from here."""
    stick = town.ready("tanaka")
    user = User.objects.get(organisation=town.id, name="tanaka")
    key = bytes(keyd_rows(town)[user.pk][0])  # type: ignore[arg-type] # a blob
    leaving.leave(town.id, COMMAND, [user.pk])
    assert user.pk not in keyd_rows(town)
    assert User.objects.get(pk=user.pk).envelope == ""
    folder = town.keyd.settings_path.parent
    assert not any(
        key in (folder / name).read_bytes() for name in ("keyd.db", "keyd.db-wal") if (folder / name).exists()
    )
    assert code_of(lambda: stick.open("tanaka")) is Code.SIGN_IN_FAILED


def test_a_reset_pin_never_comes_back(town: Town) -> None:
    """After a reset the old PIN is refused even for who kept the old envelope, and a new key takes its place."""
    stick = town.ready("tanaka")
    user = User.objects.get(organisation=town.id, name="tanaka")
    before, envelope = keyd_rows(town)[user.pk][0], user.envelope
    stick.set_pin("tanaka", town.code_for(user), OTHER_PIN)
    assert keyd_rows(town)[user.pk][0] != before
    User.objects.filter(pk=user.pk).update(envelope=envelope)
    for pin in (PIN, OTHER_PIN):
        assert code_of(lambda pin=pin: stick.open("tanaka", pin)) is Code.SIGN_IN_FAILED
