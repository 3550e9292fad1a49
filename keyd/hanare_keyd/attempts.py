"""Attempts: one row per nonce that was used, from begin to finish; kept for the 90 days in which it may count."""

import hashlib
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hanare_core.problems import Code, Problem
from hanare_core.ticket import Factor
from hanare_keyd import counters
from hanare_keyd.counters import Pair
from hanare_keyd.store import Moment

_PROOF_BYTES: Final = 32


class Kind(StrEnum):
    """What is attempted."""

    FIRST_PIN = "first-pin"
    SIGN_IN = "sign-in"


class State(StrEnum):
    """How far it came. VOID: the user's key was destroyed since."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    VOID = "void"


@dataclass(frozen=True)
class Attempt:
    """One row."""

    nonce: str
    pair: Pair
    state: State
    second: frozenset[Factor]
    """Second factors of which one is wanted; empty: none."""
    proof: bytes | None
    ticket: str


def begin(moment: Moment, nonce: str, pair: Pair, kind: Kind, second: frozenset[Factor]) -> int:
    """Count one attempt; return how many of the pair went wrong in a row before it.

    Raises Problem(NONCE_EXPIRED) for a nonce that was used, or a lock's code; neither is counted.
    """
    counters.admit(moment, pair)
    before = counters.failures(moment, pair)
    counters.count(moment, pair)
    row = (
        nonce,
        pair.organisation,
        pair.stick,
        pair.user,
        kind,
        State.BEGUN,
        " ".join(sorted(second)),
        1,
        moment.count_ms,
    )
    try:
        moment.database.execute(f"INSERT INTO attempts VALUES ({'?, ' * len(row)}NULL, NULL)", row)  # noqa: S608
    except sqlite3.IntegrityError as error:
        raise Problem(Code.NONCE_EXPIRED) from error
    return before


def find(moment: Moment, nonce: str, kind: Kind, organisation: str, stick: str) -> Attempt:
    """Return the attempt that this stick began. Raises Problem(OUT_OF_ORDER) when there is none."""
    query = "SELECT * FROM attempts WHERE nonce = ? AND kind = ? AND organisation = ? AND stick = ?"
    row = moment.database.execute(query, (nonce, kind, organisation, stick)).fetchone()
    if row is None:
        raise Problem(Code.OUT_OF_ORDER)
    pair = Pair(organisation, stick, row["user"])
    return Attempt(
        nonce,
        pair,
        State(row["state"]),
        frozenset(map(Factor, row["second"].split())),
        row["proof"],
        row["ticket"] or "",
    )


def is_repeat(attempt: Attempt, proof: bytes) -> bool:
    """Tell a repeat of the finish that succeeded.

    Raises Problem(OUT_OF_ORDER) for any other finish of a closed attempt.
    """
    if attempt.state is State.BEGUN:
        return False
    if attempt.state is State.DONE and attempt.proof == proof:
        return True
    raise Problem(Code.OUT_OF_ORDER)


def succeed(moment: Moment, attempt: Attempt, proof: bytes, ticket: str) -> None:
    """Close the attempt as right: it no longer counts, and what was in a row is cleared."""
    _close_right(moment, attempt, proof, ticket)
    counters.succeed(moment, attempt.pair)


def excuse(moment: Moment, attempt: Attempt, proof: bytes) -> None:
    """Close an attempt that showed the PIN alone: it no longer counts, but it buys no guesses at a second factor."""
    _close_right(moment, attempt, proof, "")
    if attempt.second:
        counters.take_back(moment, attempt.pair)
    else:
        counters.succeed(moment, attempt.pair)


def fail(moment: Moment, nonce: str) -> None:
    """Close the attempt; it stays counted as wrong."""
    moment.database.execute("UPDATE attempts SET state = ? WHERE nonce = ?", (State.FAILED, nonce))


def void_user(moment: Moment, organisation: str, user: str) -> None:
    """Close every attempt of the user, so that none ends after its key was destroyed."""
    moment.database.execute(
        "UPDATE attempts SET state = ?, ticket = NULL WHERE organisation = ? AND user = ?",
        (State.VOID, organisation, user),
    )


def proof_of(by_user: str, by_stick: str) -> bytes:
    """Return the digest by which the same finish is known again."""
    return hashlib.blake2b(f"{by_user}\n{by_stick}".encode("ascii"), digest_size=_PROOF_BYTES).digest()


def _close_right(moment: Moment, attempt: Attempt, proof: bytes, ticket: str) -> None:
    moment.database.execute(
        "UPDATE attempts SET state = ?, wrong = 0, proof = ?, ticket = ? WHERE nonce = ?",
        (State.DONE, proof, ticket, attempt.nonce),
    )
