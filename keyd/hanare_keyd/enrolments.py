"""Enrolments: a user's sealed new keys between begin and finish of a first PIN, one per attempt with a right code."""

from dataclasses import dataclass

from hanare_core import oprf
from hanare_core.problems import Code, Problem
from hanare_keyd.counters import Pair
from hanare_keyd.keys import Keys, Purpose
from hanare_keyd.store import Moment


@dataclass(frozen=True)
class Enrolment:
    """The new keys of one attempt, sealed for its user; the TOTP secret is empty where no factor is wanted."""

    nonce: str
    pair: Pair
    sealed_key: bytes
    sealed_totp: bytes


def new(keys: Keys, nonce: str, pair: Pair, oprf_key: bytes, totp_secret: str) -> Enrolment:
    """Return the enrolment of these keys."""
    sealed_key = keys.seal(oprf_key, Purpose.OPRF_KEY, pair.organisation, pair.user)
    sealed_totp = keys.seal(totp_secret.encode("ascii"), Purpose.TOTP, pair.organisation, pair.user)
    return Enrolment(nonce, pair, sealed_key, sealed_totp)


def successor(keys: Keys, nonce: str, pair: Pair, sealed_totp: bytes | None) -> Enrolment:
    """Return the enrolment of a fresh OPRF key beside the factor that the user has."""
    fresh = new(keys, nonce, pair, oprf.random_key(), "")
    return Enrolment(nonce, pair, fresh.sealed_key, sealed_totp or fresh.sealed_totp)


def keep(moment: Moment, enrolment: Enrolment) -> None:
    """Keep the enrolment until its finish."""
    pair = enrolment.pair
    moment.database.execute(
        "INSERT INTO first_pins VALUES (?, ?, ?, ?, ?, ?)",
        (enrolment.nonce, pair.organisation, pair.user, enrolment.sealed_key, enrolment.sealed_totp, moment.count_ms),
    )


def find(moment: Moment, nonce: str, pair: Pair) -> Enrolment:
    """Return the enrolment of this attempt. Raises Problem(OUT_OF_ORDER) when it is gone."""
    query = "SELECT oprf_key, totp FROM first_pins WHERE nonce = ? AND organisation = ? AND user = ?"
    row = moment.database.execute(query, (nonce, pair.organisation, pair.user)).fetchone()
    if row is None:
        raise Problem(Code.OUT_OF_ORDER)
    return Enrolment(nonce, pair, row["oprf_key"], row["totp"])


def drop_all(moment: Moment, pair: Pair) -> None:
    """Destroy every enrolment of the user: the code is used up."""
    moment.database.execute(
        "DELETE FROM first_pins WHERE organisation = ? AND user = ?", (pair.organisation, pair.user)
    )
