"""The stick's side of a sign-in as flows without I/O: generators of the effects in effects.py.

hello → begin → envelope → finish → keep the generation → confirm → session (docs/protocol.md). A nonce that ran out is
replaced once, unseen by the user. Limits: one flow is one attempt; opening the envelope costs a tenth of a second of
Argon2id inside the flow, so take its steps in a thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from nacl.signing import SigningKey

from hanare_core import effects, envelope, oprf, pin, signed, wire
from hanare_core.effects import Flow, Keep, Mark, Step
from hanare_core.messages import api
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_core.ticket import Factor

A = TypeVar("A", bound=wire.Message)
R = TypeVar("R")


@dataclass(frozen=True)
class Stick:
    """What the stick brings into every attempt."""

    id: str
    identity: SigningKey
    server_key: str
    """Ed25519 public key that signs the answer to hello."""
    image: int
    generation: int
    virtual: str = ""
    """The virtual machine around it; empty: none."""


@dataclass(frozen=True)
class Credentials:
    """What the user typed; `totp` is empty where none is asked for."""

    user: str
    pin: str = field(repr=False)
    totp: str = field(default="", repr=False)


@dataclass(frozen=True)
class Invited:
    """Who sets a first PIN, and by which one-time code."""

    user: str
    code: str = field(repr=False)


def hello(stick: Stick) -> Flow[api.HelloAnswer]:
    """Greet the server; raise Problem(NOT_AUTHENTIC) unless its answer is signed and meant for this stick."""
    request = api.Hello(
        stick=stick.id,
        protocol=wire.PROTOCOL_VERSION,
        image=stick.image,
        generation=stick.generation,
        virtual=stick.virtual,
    )
    answer = yield from effects.ask("hello", request, api.SignedAnswer)
    greeting = signed.verify(Kind.HELLO_ANSWER, answer.signed, stick.server_key, api.HelloAnswer)
    if greeting.stick != stick.id:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.HELLO_ANSWER.value})
    yield Mark(Step.HELLO)
    return greeting


def sign_in(
    stick: Stick, credentials: Credentials, session_key: str, greeting: api.HelloAnswer
) -> Flow[api.SessionAnswer]:
    """Sign in for the session tunnel with this X25519 public key (base64url); raise the refusal's Problem."""
    attempt = _Attempt(stick, credentials.user, _known(credentials.pin))
    return (yield from _twice(stick, greeting, lambda fresh: attempt.sign_in(fresh, session_key, credentials.totp)))


def prove(stick: Stick, user: str, typed: str, greeting: api.HelloAnswer) -> Flow[None]:
    """Prove the PIN by one counted attempt, without a session: unlocks a covered screen. Raises as `sign_in`."""
    attempt = _Attempt(stick, user, _known(typed))
    yield from _twice(stick, greeting, attempt.prove)


def first_pin(
    stick: Stick, invited: Invited, chosen: str, greeting: api.HelloAnswer, *, with_key: bool = False
) -> Flow[str]:
    """Set the user's first PIN by a one-time code; return the TOTP secret to enrol, or the empty text.

    with_key: enrol a security key where the profile takes either. Raises Problem(PIN_WEAK) before anything is sent. The
    code may be typed in groups and in small letters.
    """
    typed = pin.normalise(chosen)
    pin.check(typed)
    attempt = _Attempt(stick, invited.user, typed)
    compact = "".join(invited.code.upper().replace("-", " ").split())
    return (yield from _twice(stick, greeting, lambda fresh: attempt.first_pin(fresh, compact, with_key=with_key)))


def change_pin(stick: Stick, credentials: Credentials, chosen: str, greeting: api.HelloAnswer) -> Flow[None]:
    """Replace the user's PIN; Problem(PIN_WEAK) before anything is sent, or once the office's words are known."""
    present = _known(credentials.pin)
    typed = pin.normalise(chosen)
    pin.check(typed)
    attempt = _Attempt(stick, credentials.user, present)
    yield from _twice(stick, greeting, lambda fresh: attempt.change_pin(fresh, typed, credentials.totp))


def _known(typed: str) -> bytes:
    """Return a present PIN in its normal form; Problem(SIGN_IN_FAILED) for what was never anybody's PIN."""
    try:
        return pin.normalise(typed)
    except Problem as problem:  # the words of a PIN's choice do not fit here
        raise Problem(Code.SIGN_IN_FAILED) from problem


def _twice(stick: Stick, greeting: api.HelloAnswer, attempt: Callable[[api.HelloAnswer], Flow[R]]) -> Flow[R]:
    """Run the attempt; once more with a fresh nonce when the first one had run out."""
    try:
        return (yield from attempt(greeting))
    except Problem as problem:
        if problem.code is not Code.NONCE_EXPIRED:
            raise
    return (yield from attempt((yield from hello(stick))))


class _Attempt:
    """One user's PIN on one stick."""

    def __init__(self, stick: Stick, user: str, typed: bytes) -> None:
        self._stick = stick
        self._user = user
        self._typed = typed

    def sign_in(self, greeting: api.HelloAnswer, session_key: str, digits: str) -> Flow[api.SessionAnswer]:
        """Prove the PIN, keep the next generation, ask for the session."""
        seed, begun = yield from self._seed(greeting.nonce)
        proof = api.FinishBody(
            nonce=greeting.nonce,
            session_key=session_key,
            generation=self._stick.generation,
            totp=digits,
            security_key=(yield from effects.touched(greeting.nonce, begun, digits)),
        )
        finish = api.Finish(
            stick=self._stick.id,
            by_user=signed.sign(Kind.FINISH_USER, proof, SigningKey(seed)),
            by_stick=signed.sign(Kind.FINISH_STICK, proof, self._stick.identity),
        )
        offered = (yield from effects.ask("finish", finish, api.FinishAnswer)).next_generation
        if offered <= self._stick.generation:
            raise Problem(Code.OUT_OF_ORDER, detail={"wanted": "next_generation"})
        yield Mark(Step.FINISH)
        yield Keep(offered, greeting.time_ms)
        body = api.ConfirmBody(nonce=greeting.nonce, generation=offered)
        confirm = api.Confirm(stick=self._stick.id, signed=self._signed(Kind.CONFIRM, body))
        answer = yield from effects.ask("confirm", confirm, api.SessionAnswer)
        yield Mark(Step.CONFIRM)
        return answer

    def prove(self, greeting: api.HelloAnswer) -> Flow[None]:
        """Open the envelope and say so, so that the attempt no longer counts as wrong."""
        seed, _ = yield from self._seed(greeting.nonce)
        key = SigningKey(seed)
        body = api.ProveBody(nonce=greeting.nonce)
        request = api.Prove(
            stick=self._stick.id,
            by_user=signed.sign(Kind.PROVE_USER, body, key),
            by_stick=self._signed(Kind.PROVE_STICK, body),
        )
        yield from effects.ask("prove", request, api.Done)

    def first_pin(self, greeting: api.HelloAnswer, code: str, *, with_key: bool) -> Flow[str]:
        """Make the user's key, seal it under the PIN and bring its public half."""
        blind, element = oprf.blind(self._typed)
        body = _typed_well(
            api.FirstPinBeginBody(nonce=greeting.nonce, user=self._user, code=code, element=wire.key_text(element)),
            Code.CODE_WRONG,
        )
        request = api.FirstPinBegin(stick=self._stick.id, signed=self._signed(Kind.FIRST_PIN_BEGIN, body))
        begun = yield from effects.ask("first-pin/begin", request, api.FirstPinBeginAnswer)
        yield Mark(Step.BEGIN)
        pin.check(self._typed, begun.rules)
        by_key = Factor.FIDO2 in begun.factors and (with_key or not begun.totp_secret)
        secret = "" if by_key else begun.totp_secret
        key = SigningKey.generate()
        output = oprf.finalize(self._typed, blind, wire.key_bytes(begun.evaluation))
        proof = api.FirstPinFinishBody(
            nonce=greeting.nonce,
            user_key=signed.public_text(key),
            envelope=envelope.seal(bytes(key), output),
            totp=(yield from self._first_code(secret)),
            security_key=(yield from effects.enrolled(greeting.nonce, begun.user_id)) if by_key else None,
        )
        finish = api.FirstPinFinish(
            stick=self._stick.id,
            by_user=signed.sign(Kind.FIRST_PIN_USER, proof, key),
            by_stick=signed.sign(Kind.FIRST_PIN_STICK, proof, self._stick.identity),
        )
        yield from effects.ask("first-pin/finish", finish, api.Done)
        yield Mark(Step.FINISH)
        return secret

    def change_pin(self, greeting: api.HelloAnswer, chosen: bytes, digits: str) -> Flow[None]:
        """Prove the present PIN, have the new one evaluated under a new key, and put it in its place."""
        seed, proven = yield from self._seed(greeting.nonce)
        present = SigningKey(seed)
        blind, element = oprf.blind(chosen)
        wanted = api.ChangePinBody(
            nonce=greeting.nonce,
            element=wire.key_text(element),
            totp=digits,
            security_key=(yield from effects.touched(greeting.nonce, proven, digits)),
        )
        change = api.ChangePin(
            stick=self._stick.id,
            by_user=signed.sign(Kind.CHANGE_PIN_USER, wanted, present),
            by_stick=self._signed(Kind.CHANGE_PIN_STICK, wanted),
        )
        begun = yield from effects.ask("change-pin", change, api.ChangePinAnswer)
        pin.check(chosen, begun.rules)
        key = SigningKey.generate()
        output = oprf.finalize(chosen, blind, wire.key_bytes(begun.evaluation))
        body = api.NewPinBody(
            nonce=greeting.nonce, user_key=signed.public_text(key), envelope=envelope.seal(bytes(key), output)
        )
        new = api.NewPin(
            stick=self._stick.id,
            by_user=signed.sign(Kind.NEW_PIN_USER, body, key),
            by_stick=self._signed(Kind.NEW_PIN_STICK, body),
        )
        yield from effects.ask_until_heard("new-pin", new, api.Done)
        yield Mark(Step.FINISH)

    def _seed(self, nonce: str) -> Flow[tuple[bytes, api.BeginAnswer]]:
        """Spend one counted attempt and open the envelope."""
        blind, element = oprf.blind(self._typed)
        body = _typed_well(
            api.BeginBody(nonce=nonce, user=self._user, element=wire.key_text(element)), Code.SIGN_IN_FAILED
        )
        request = api.Begin(stick=self._stick.id, signed=self._signed(Kind.BEGIN, body))
        begun = yield from effects.ask("begin", request, api.BeginAnswer)
        yield Mark(Step.BEGIN)
        output = oprf.finalize(self._typed, blind, wire.key_bytes(begun.evaluation))
        seed = envelope.open_envelope(begun.envelope, output)
        yield Mark(Step.ENVELOPE_OPENED, begun.failures)
        return seed, begun

    def _first_code(self, secret: str) -> Flow[str]:
        """Return the digits that prove that the secret arrived; the time must be fresh, so greet for it."""
        if not secret:
            return ""
        from hanare_core import totp  # noqa: PLC0415 - a fifth of the agent's start, which only an enrolment needs

        return totp.code_at(secret, (yield from hello(self._stick)).time_ms)

    def _signed(self, kind: Kind, body: msgspec.Struct) -> str:
        return signed.sign(kind, body, self._stick.identity)


def _typed_well(body: A, code: Code) -> A:
    """Return the body, or raise the code when what the user typed does not fit the protocol's shape."""
    try:
        return wire.decode(wire.encode(body), type(body))
    except (Problem, UnicodeError) as error:
        raise Problem(code) from error
