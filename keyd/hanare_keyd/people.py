"""People: each user's sealed OPRF key, public key, sealed TOTP secret with its used steps, and one-time code."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hanare_core import totp
from hanare_core.problems import Code, Problem
from hanare_keyd.keys import Keys, Purpose
from hanare_keyd.security_key import Credential
from hanare_keyd.store import Moment

CODE_BYTES: Final = 10
"""80 random bits: 16 base32 characters, beyond any guessing within its life."""

CODE_LIFE_MS: Final = 3 * 24 * 3600 * 1000
"""Life of a one-time code, milliseconds: over a weekend."""

_HASH_BYTES: Final = 32
_NO_HASH: Final = bytes(_HASH_BYTES)


@dataclass(frozen=True)
class Person:
    """What keyd holds of a user; secrets as they are sealed."""

    organisation: str
    user: str
    oprf_key: bytes | None = None
    user_key: str | None = None
    sealed_totp: bytes | None = None
    code_hash: bytes | None = None
    code_issued_ms: int | None = None
    code_not_after_ms: int | None = None
    security_key: bytes | None = None
    """Attested credential data of the enrolled key (`hanare_keyd.security_key`)."""
    key_counter: int | None = None


@dataclass(frozen=True)
class Successor:
    """What takes the place of a user's keys; the sealed ones are sealed for this user."""

    sealed_key: bytes
    sealed_totp: bytes
    user_key: str
    security_key: Credential | None


def find(moment: Moment, organisation: str, user: str) -> Person:
    """Return the user's row, or an empty one of the same shape for a user who has none."""
    query = "SELECT * FROM people WHERE organisation = ? AND user = ?"
    row = moment.database.execute(query, (organisation, user)).fetchone()
    return Person(organisation, user) if row is None else Person(*row)


def oprf_key(keys: Keys, person: Person) -> bytes:
    """Return the key to evaluate under; for a user without one, a stable stand-in, at the same cost."""
    stand_in = keys.stand_in_oprf_key(person.organisation, person.user)
    sealed_stand_in = keys.seal(stand_in, Purpose.OPRF_KEY, person.organisation, person.user)
    return keys.unseal(person.oprf_key or sealed_stand_in, Purpose.OPRF_KEY, person.organisation, person.user)


def require_pin(person: Person, keys: Keys, verify: Callable[[str], object]) -> None:
    """Raise Problem(SIGN_IN_FAILED) unless the user's key signed; verify takes it and raises Problem otherwise."""
    try:
        verify(person.user_key or keys.stand_in_public)
    except Problem as problem:
        raise Problem(Code.SIGN_IN_FAILED) from problem


def note_counter(moment: Moment, person: Person, counter: int) -> None:
    """Keep the counter that the user's security key has shown."""
    query = "UPDATE people SET key_counter = ? WHERE organisation = ? AND user = ?"
    moment.database.execute(query, (counter, person.organisation, person.user))


def use_totp(moment: Moment, keys: Keys, person: Person, code: str) -> bool:
    """Tell whether the user has a factor and the code is right and unused; its step is then used up."""
    if person.sealed_totp is None:
        return False
    return use_totp_of(moment, keys, person, person.sealed_totp, code)


def use_totp_of(moment: Moment, keys: Keys, person: Person, sealed_totp: bytes, code: str) -> bool:
    """Do as use_totp() with a secret that is being enrolled."""
    secret = keys.unseal(sealed_totp, Purpose.TOTP, person.organisation, person.user).decode("ascii")
    step = totp.matching_step(secret, code, time_ms=moment.wall_ms) if secret else None
    if step is None:
        return False
    insert = "INSERT OR IGNORE INTO totp_steps VALUES (?, ?, ?)"
    return moment.database.execute(insert, (person.organisation, person.user, step)).rowcount == 1


def issue_code(moment: Moment, keys: Keys, organisation: str, user: str) -> tuple[str, int]:
    """Destroy all the user has and return a fresh one-time code and its end (Unix milliseconds)."""
    forget(moment, organisation, user)
    code = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")
    not_after_ms = moment.wall_ms + CODE_LIFE_MS
    moment.database.execute(
        "INSERT INTO people (organisation, user, code_hash, code_issued_ms, code_not_after_ms) VALUES (?, ?, ?, ?, ?)",
        (organisation, user, _code_hash(keys, organisation, user, code), moment.wall_ms, not_after_ms),
    )
    return code, not_after_ms


def is_code(moment: Moment, keys: Keys, person: Person, code: str) -> bool:
    """Tell whether this is the user's code and now is within its life; the same work for a user without one."""
    same = hmac.compare_digest(person.code_hash or _NO_HASH, _code_hash(keys, person.organisation, person.user, code))
    return same and (person.code_issued_ms or 0) <= moment.wall_ms < (person.code_not_after_ms or 0)


def adopt(moment: Moment, person: Person, successor: Successor) -> None:
    """Keep the user's new keys and use up the code."""
    key = successor.security_key
    moment.database.execute(
        "UPDATE people SET oprf_key = ?, user_key = ?, totp = ?, security_key = ?, key_counter = ?, code_hash = NULL,"
        " code_issued_ms = NULL, code_not_after_ms = NULL WHERE organisation = ? AND user = ?",
        (
            successor.sealed_key,
            successor.user_key,
            successor.sealed_totp,
            None if key is None else key.data,
            None if key is None else key.counter,
            person.organisation,
            person.user,
        ),
    )


def forget(moment: Moment, organisation: str, user: str) -> None:
    """Destroy everything of the user but what was counted."""
    whose = (organisation, user)
    for table in ("people", "totp_steps", "first_pins"):
        moment.database.execute(f"DELETE FROM {table} WHERE organisation = ? AND user = ?", whose)  # noqa: S608


def _code_hash(keys: Keys, organisation: str, user: str, code: str) -> bytes:
    text = f"{organisation}\n{user}\n{code}".encode("ascii")
    return hashlib.blake2b(text, key=keys.derived(Purpose.CODE), digest_size=_HASH_BYTES).digest()
