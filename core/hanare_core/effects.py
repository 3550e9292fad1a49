"""What a flow without I/O asks its driver for, and how it asks: the generators' effects and their results.

A flow yields an effect and is sent its result, or has the Problem of what failed thrown in. The driver sends an `Ask`
to the API, writes a `Keep` to the stick before it goes on, notes a `Mark`, and has the security key touched for a
`Touch`.
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from hanare_core import wire
from hanare_core.messages import api
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration
from hanare_core.ticket import Factor

A = TypeVar("A", bound=wire.Message)
R = TypeVar("R")

REPEATS: Final = 5
"""How often a message that must not be lost is sent again; each try waits for its own time-out first."""

_UNHEARD: Final = frozenset({Code.SERVER_UNREACHABLE, Code.KEYD_UNREACHABLE, Code.INTERNAL})


class Step(StrEnum):
    """What is behind us, in order; for timing and for the screen."""

    HELLO = "hello"
    BEGIN = "begin"
    ENVELOPE_OPENED = "envelope-opened"
    FINISH = "finish"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Ask:
    """Send this request to the API; send in its answer in the given shape."""

    path: str
    message: msgspec.Struct
    shape: type[wire.Message]


@dataclass(frozen=True)
class Keep:
    """Write generation and server time to the stick, flushed, before anything else."""

    generation: int
    time_ms: int


@dataclass(frozen=True)
class Touch:
    """Have the security key touched: send in a Registration for CREATE, an Assertion for GET, or throw in a Problem."""

    ceremony: Ceremony
    nonce: str
    credentials: tuple[str, ...] = ()
    """Base64url ids of which one must answer."""
    user: str = ""


@dataclass(frozen=True)
class Mark:
    """A step is done; `failures` is known once the envelope is open: wrong tries since the user's last sign-in here."""

    step: Step
    failures: int = 0


Effect = Ask | Keep | Mark | Touch
Flow = Generator[Effect, object, R]


def enrolled(nonce: str, user: str) -> Generator[Effect, object, Registration]:
    """Enrol a security key."""
    made = yield Touch(Ceremony.CREATE, nonce, user=user)
    if not isinstance(made, Registration):
        raise Problem(Code.FACTOR_WANTED)
    return made


def touched(nonce: str, begun: api.BeginAnswer, digits: str) -> Generator[Effect, object, Assertion | None]:
    """Have the security key touched where it may answer and no digits were typed in its place."""
    if Factor.FIDO2 not in begun.factors or digits:
        return None
    proof = yield Touch(Ceremony.GET, nonce, begun.security_keys)
    if not isinstance(proof, Assertion):
        raise Problem(Code.FACTOR_WANTED)
    return proof


def ask(path: str, message: msgspec.Struct, shape: type[A]) -> Generator[Effect, object, A]:
    """Ask the API once; raise Problem(OUT_OF_ORDER) for an answer of another shape."""
    answer = yield Ask(f"{api.PREFIX}/{path}", message, shape)
    if not isinstance(answer, shape):
        raise Problem(Code.OUT_OF_ORDER, detail={"wanted": shape.__name__})
    return answer


def ask_until_heard(path: str, message: msgspec.Struct, shape: type[A]) -> Generator[Effect, object, A]:
    """Ask again when no answer came: the office may have acted on it, and nothing else would bring us in step."""
    for _ in range(REPEATS):
        try:
            return (yield from ask(path, message, shape))
        except Problem as problem:
            if problem.code not in _UNHEARD:
                raise
    return (yield from ask(path, message, shape))
