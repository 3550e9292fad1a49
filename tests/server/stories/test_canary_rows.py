"""F71: PIN, TOTP secret and keys of a person who signs in stand in no row, file or log of server and keyd in clear."""

import base64
from pathlib import Path

from django.apps import apps
from django.db import connection

from hanare_core import wire
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

PIN, WRONG_PIN = "canary-right-48", "canary-wrong-7"
"""Long enough to be nowhere by chance."""


def forms(secret: bytes) -> list[bytes]:
    """Return how bytes may be written down."""
    return [secret, wire.key_text(secret).encode(), base64.b64encode(secret), secret.hex().encode()]


def secrets_of(town: Town, stick: AtHome) -> dict[str, list[bytes]]:
    """Return what only person and stick may have, as the test's own names for it."""
    totp = base64.b32decode(stick.totp_secret)
    return {
        "PIN": [PIN.encode()],
        "wrong PIN": [WRONG_PIN.encode()],
        "TOTP secret": [stick.totp_secret.encode(), *forms(totp)],
        "user's key": forms(stick.seeds["sato"]),
        "stick's identity key": forms(bytes(stick.identity)),
        "stick's door key": forms(bytes(stick.door)),
        "CA's key": forms(bytes(town.ca_key)),
    }


def rows() -> bytes:
    """Return every row of every table, as text."""
    with connection.cursor() as cursor:
        texts = []
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608 our own tables' names
            texts.append(repr(cursor.fetchall()))
    return "\n".join(texts).encode()


def test_no_row_file_or_log_holds_one(town: Town, place: Path) -> None:
    """After a first PIN with TOTP, a wrong PIN and a sign-in, nothing that server and keyd keep holds a secret."""
    town.set_fields(second_factor="totp")
    stick = town.add_stick()
    stick.set_pin("sato", town.code_for(town.add_user("sato")), PIN)
    stick.totp_later_s = 30
    assert code_of(lambda: stick.open("sato", WRONG_PIN)) is not None
    assert stick.sign_in("sato", PIN).session
    kept = {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()} | {"rows": rows()}
    found = [
        f"{name} in {where}"
        for name, written in secrets_of(town, stick).items()
        for where, content in kept.items()
        if any(form in content for form in written)
    ]
    assert found == []
    assert stick.stick.encode() in kept["rows"], "the search sees this office's rows"
    assert any(stick.stick.encode() in content for path, content in kept.items() if "keyd" in path)
