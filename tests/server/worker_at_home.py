"""A stick and the person who holds it, speaking to the API as the stick agent does."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import certificate, envelope, oprf, signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.door import door_address
from hanare_core.effects import Touch
from hanare_core.messages import api
from hanare_core.pin import Rules
from hanare_core.problems import Problem
from hanare_core.security_key import Ceremony
from hanare_core.signed import Kind
from hanare_server.clock import now_ms

PIN: Final = "824193"
WRONG_PIN: Final = "735284"

M = TypeVar("M", bound=wire.Message)


@dataclass
class Attempt:
    """One sign-in under way."""

    nonce: str
    seed: bytes
    session_key: str
    security_keys: tuple[str, ...] = ()
    """Credentials of which one may be touched."""


@dataclass
class AtHome:
    """A stick with its keys and generation, and the secrets of whoever uses it."""

    stick: str
    organisation: str
    ca_key: SigningKey
    generation: int = 0
    image: int = 7
    virtual: str = ""
    gateway: str = ""
    """At which the door stands; empty: the organisation's first."""
    identity: SigningKey = field(default_factory=SigningKey.generate)
    door: PrivateKey = field(default_factory=PrivateKey.generate)
    totp_secret: str = ""
    totp_later_s: int = 0
    seeds: dict[str, bytes] = field(default_factory=dict)
    """By name: what the envelope holds, for tests that need no Argon2id."""
    rules: Rules = field(default_factory=Rules)
    seal: Callable[[bytes, bytes], str] = envelope.seal
    """How envelopes are made; a bench that opens none saves their Argon2id."""
    touch: Callable[[Touch], Any] = lambda _: None
    """What the security key says that is plugged into the same PC; nothing without one."""
    http: Any = field(default_factory=Client)
    """Django's test client, or whatever else can post."""

    @property
    def door_key(self) -> str:
        """The door's public key."""
        return wire.key_text(bytes(self.door.public_key))

    @property
    def source(self) -> str:
        """The door's address."""
        return str(door_address(self.door_key, self.gateway or f"{self.organisation}-gw0"))

    def certificate(self) -> str:
        """Return the stick's certificate by its CA."""
        statement = StickCertificate(
            organisation=self.organisation,
            stick=self.stick,
            identity_key=signed.public_text(self.identity),
            door_key=self.door_key,
            not_before_ms=0,
            not_after_ms=2**52,
        )
        return certificate.issue(statement, self.ca_key)

    def post(self, path: str, message: wire.Message, shape: type[M]) -> M:
        """Send one message from the stick's own door; raise the Problem of a refusal."""
        answer = self.http.post(path, wire.encode(message), content_type="application/json", REMOTE_ADDR=self.source)
        if answer.status_code != 200:
            refusal = wire.decode(answer.content, api.Refusal)
            raise Problem(refusal.code, detail=refusal.detail)
        return wire.decode(answer.content, shape)

    def hello(self) -> api.HelloAnswer:
        """Say hello and return the signed body, unverified."""
        message = api.Hello(
            stick=self.stick,
            protocol=wire.PROTOCOL_VERSION,
            image=self.image,
            generation=self.generation,
            virtual=self.virtual,
        )
        answer = self.post(f"{api.PREFIX}/hello", message, api.SignedAnswer)
        return signed.unverified(answer.signed, api.HelloAnswer)

    def begin(self, name: str, pin: str = PIN) -> tuple[Attempt, api.BeginAnswer, bytes]:
        """Have the PIN evaluated; return the attempt, the answer and the OPRF output."""
        nonce = self.hello().nonce
        scalar, element = oprf.blind(pin.encode())
        body = api.BeginBody(nonce=nonce, user=name, element=wire.key_text(element))
        message = api.Begin(stick=self.stick, signed=signed.sign(Kind.BEGIN, body, self.identity))
        answer = self.post(f"{api.PREFIX}/begin", message, api.BeginAnswer)
        output = oprf.finalize(pin.encode(), scalar, wire.key_bytes(answer.evaluation))
        session_key = wire.key_text(bytes(PrivateKey.generate().public_key))
        return Attempt(nonce, bytes(32), session_key, answer.security_keys), answer, output

    def open(self, name: str, pin: str = PIN) -> Attempt:
        """Begin, and open the envelope; raises Problem(SIGN_IN_FAILED) for a wrong PIN."""
        attempt, answer, output = self.begin(name, pin)
        attempt.seed = envelope.open_envelope(answer.envelope, output)
        return attempt

    def finish(self, attempt: Attempt, *, generation: int | None = None, totp: str | None = None) -> api.FinishAnswer:
        """Prove that the PIN was right."""
        shown = self.generation if generation is None else generation
        digits = self.totp() if totp is None else totp
        body = api.FinishBody(
            nonce=attempt.nonce,
            session_key=attempt.session_key,
            generation=shown,
            totp=digits,
            security_key=self.touch(Touch(Ceremony.GET, attempt.nonce, attempt.security_keys, "")),
        )
        message = api.Finish(
            stick=self.stick,
            by_user=signed.sign(Kind.FINISH_USER, body, SigningKey(attempt.seed)),
            by_stick=signed.sign(Kind.FINISH_STICK, body, self.identity),
        )
        return self.post(f"{api.PREFIX}/finish", message, api.FinishAnswer)

    def confirm(self, attempt: Attempt, generation: int) -> api.SessionAnswer:
        """Say that the generation is written, and get the session."""
        body = api.ConfirmBody(nonce=attempt.nonce, generation=generation)
        message = api.Confirm(stick=self.stick, signed=signed.sign(Kind.CONFIRM, body, self.identity))
        return self.post(f"{api.PREFIX}/confirm", message, api.SessionAnswer)

    def sign_in(self, name: str, pin: str = PIN) -> api.SessionAnswer:
        """Sign in from hello to the open session."""
        attempt = self.open(name, pin)
        self.generation = self.finish(attempt).next_generation
        return self.confirm(attempt, self.generation)

    def end(self, session: str, reason: str) -> api.Done:
        """Say that the session is over."""
        body = wire.decode(f'{{"session":"{session}","reason":"{reason}"}}', api.EndBody)
        message = api.End(stick=self.stick, signed=signed.sign(Kind.END, body, self.identity))
        return self.post(f"{api.PREFIX}/end", message, api.Done)

    def set_pin(self, name: str, code: str, pin: str = PIN) -> api.FirstPinFinish:
        """Set the first PIN with the one-time code; return the last message, which may be sent again."""
        nonce = self.hello().nonce
        scalar, element = oprf.blind(pin.encode())
        begin = api.FirstPinBeginBody(nonce=nonce, user=name, code=code, element=wire.key_text(element))
        message = api.FirstPinBegin(stick=self.stick, signed=signed.sign(Kind.FIRST_PIN_BEGIN, begin, self.identity))
        answer = self.post(f"{api.PREFIX}/first-pin/begin", message, api.FirstPinBeginAnswer)
        self.totp_secret, self.rules = answer.totp_secret, answer.rules
        output = oprf.finalize(pin.encode(), scalar, wire.key_bytes(answer.evaluation))
        key = SigningKey.generate()
        self.seeds[name] = bytes(key)
        body = api.FirstPinFinishBody(
            nonce=nonce,
            user_key=signed.public_text(key),
            envelope=self.seal(bytes(key), output),
            totp=self.totp(),
            security_key=self.touch(Touch(Ceremony.CREATE, nonce, (), answer.user_id)),
        )
        finish = api.FirstPinFinish(
            stick=self.stick,
            by_user=signed.sign(Kind.FIRST_PIN_USER, body, key),
            by_stick=signed.sign(Kind.FIRST_PIN_STICK, body, self.identity),
        )
        self.post(f"{api.PREFIX}/first-pin/finish", finish, api.Done)
        return finish

    def change_pin(self, name: str, pin: str, chosen: str) -> api.NewPin:
        """Replace the PIN; return the last message, which may be sent again."""
        attempt = self.open(name, pin)
        scalar, element = oprf.blind(chosen.encode())
        body = api.ChangePinBody(nonce=attempt.nonce, element=wire.key_text(element), totp=self.totp())
        message = api.ChangePin(
            stick=self.stick,
            by_user=signed.sign(Kind.CHANGE_PIN_USER, body, SigningKey(attempt.seed)),
            by_stick=signed.sign(Kind.CHANGE_PIN_STICK, body, self.identity),
        )
        answer = self.post(f"{api.PREFIX}/change-pin", message, api.ChangePinAnswer)
        self.rules = answer.rules
        key = SigningKey.generate()
        output = oprf.finalize(chosen.encode(), scalar, wire.key_bytes(answer.evaluation))
        new = api.NewPinBody(
            nonce=attempt.nonce, user_key=signed.public_text(key), envelope=self.seal(bytes(key), output)
        )
        last = api.NewPin(
            stick=self.stick,
            by_user=signed.sign(Kind.NEW_PIN_USER, new, key),
            by_stick=signed.sign(Kind.NEW_PIN_STICK, new, self.identity),
        )
        self.post(f"{api.PREFIX}/new-pin", last, api.Done)
        return last

    def register(self, token: str, label: str = "総務1") -> api.Registered:
        """Register the stick as the kitting station does."""
        body = api.RegisterBody(token=token, certificate=self.certificate(), label=label)
        message = api.Register(signed=signed.sign(Kind.REGISTER, body, self.identity))
        return self.post(api.REGISTER_PATH, message, api.Registered)

    def totp(self) -> str:
        """Return the six digits of now, or nothing where no factor was enrolled."""
        if not self.totp_secret:
            return ""
        secret = base64.b32decode(self.totp_secret)
        return TOTP(secret, 6, SHA1(), 30).generate(now_ms() // 1000 + self.totp_later_s).decode()  # noqa: S303 RFC 6238's default, which authenticators use
