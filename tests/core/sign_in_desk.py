"""A small server in memory with real keys for the stick's flows, and what they are tried with."""

import secrets
from collections.abc import Callable
from functools import cache

import msgspec
import pytest
from nacl.signing import SigningKey

from hanare_core import effects, envelope, oprf, sign_in, signed, totp, wire
from hanare_core.effects import Ask, Keep, Mark, Step, Touch
from hanare_core.messages import api
from hanare_core.pin import Rules
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration
from hanare_core.sign_in import Credentials, Stick
from hanare_core.signed import Kind
from hanare_core.ticket import Factor

PIN = "749203"
NEW = "584927"
CODE = "ABCDEFGHIJKLMNOP"
SESSION_KEY = wire.key_text(b"s" * 32)
SECRET = totp.new_secret()
NOW_MS = 1_800_000_000_000
SERVER = SigningKey(b"v" * 32)
USER_SEED = b"u" * 32
OPRF_KEY = oprf.derive_key(b"k" * 32, b"test")
STICK = Stick(
    id="stick-1", identity=SigningKey(b"i" * 32), server_key=signed.public_text(SERVER), image=0, generation=4
)
BLIND = oprf.random_key()
ANSWER = api.SessionAnswer(
    session="session-1",
    user_name="kikaku01",
    paths=(api.Path(gateway="gateway-1", lease="lease-1", address="100.64.0.9"),),
    office_pc=api.OfficePc(
        name="pc1", kind="xrdp", address="10.20.0.101", port=3389, fingerprint=":".join(["00"] * 32)
    ),
    ttl_ms=120_000,
    ends_ms=NOW_MS + 1,
)
REGISTRATION = Registration("AA", "AA")
ASSERTION = Assertion("AA", "AA", "AA", "AA")


class Server:
    """Answers as the real one does; `refuse` gives the codes to refuse the next calls of a path with."""

    def __init__(self, totp_secret: str = "") -> None:
        self.refuse: dict[str, list[Code]] = {}
        self.calls: list[str] = []
        self.kept: list[int] = []
        self.marks: list[Step] = []
        self.totp_secret = totp_secret
        self.factors: tuple[Factor, ...] = ()
        self.touched = 0
        self.answers_touch: dict[Ceremony, object] = {Ceremony.CREATE: REGISTRATION, Ceremony.GET: ASSERTION}
        self.proven: list[Assertion | None] = []
        self.first: api.FirstPinFinishBody | None = None
        self.second: api.NewPinBody | None = None
        self.rules = Rules()
        self.failures = 0
        self.told: list[int] = []

    def run(self, flow: effects.Flow[object]) -> object:
        """Drive the flow to its end."""
        result: object = None
        while True:
            try:
                effect = flow.throw(result) if isinstance(result, Problem) else flow.send(result)
            except StopIteration as stop:
                return stop.value
            result = self.do(effect)

    def do(self, effect: effects.Effect) -> object:
        """Return the result of one effect, or the Problem to throw in."""
        if isinstance(effect, Mark):
            self.marks.append(effect.step)
            self.told += [effect.failures] if effect.failures else []
            return None
        if isinstance(effect, Keep):
            self.kept.append(effect.generation)
            return None
        if isinstance(effect, Touch):
            self.touched += 1
            return self.answers_touch[effect.ceremony]
        name = effect.path.removeprefix(f"{api.PREFIX}/")
        self.calls.append(name)
        if self.refuse.get(name):
            return Problem(self.refuse[name].pop())
        return self.answers()[name](effect)

    def answers(self) -> dict[str, Callable[[Ask], msgspec.Struct]]:
        """Return what answers each path."""
        return {
            "hello": lambda _: api.SignedAnswer(signed=signed.sign(Kind.HELLO_ANSWER, greeting(), SERVER)),
            "begin": self.begin,
            "finish": self.finish,
            "confirm": lambda _: ANSWER,
            "first-pin/begin": self.first_begin,
            "first-pin/finish": self.first_finish,
            "change-pin": self.change,
            "new-pin": self.new,
            "prove": self.prove,
        }

    def begin(self, ask: Ask) -> msgspec.Struct:
        """Evaluate."""
        body = signed.verify(Kind.BEGIN, ask.message.signed, public(), api.BeginBody)  # type: ignore[attr-defined]
        return api.BeginAnswer(
            evaluation=evaluated(body.element), envelope=sealed(), factors=self.factors, failures=self.failures
        )

    def finish(self, ask: Ask) -> msgspec.Struct:
        """Verify both signatures."""
        message = wire.decode(wire.encode(ask.message), api.Finish)
        user_key = signed.public_text(SigningKey(USER_SEED))
        by_user = signed.verify(Kind.FINISH_USER, message.by_user, user_key, api.FinishBody)
        assert by_user == signed.verify(Kind.FINISH_STICK, message.by_stick, public(), api.FinishBody)
        assert by_user.session_key == SESSION_KEY
        self.proven.append(by_user.security_key)
        return api.FinishAnswer(next_generation=by_user.generation + 1)

    def first_begin(self, ask: Ask) -> msgspec.Struct:
        """Check the code."""
        message = wire.decode(wire.encode(ask.message), api.FirstPinBegin)
        body = signed.verify(Kind.FIRST_PIN_BEGIN, message.signed, public(), api.FirstPinBeginBody)
        assert body.code == CODE
        return api.FirstPinBeginAnswer(
            evaluation=evaluated(body.element),
            user_id="user-1",
            totp_secret=self.totp_secret,
            rules=self.rules,
            factors=self.factors,
        )

    def first_finish(self, ask: Ask) -> msgspec.Struct:
        """Keep what was set."""
        message = wire.decode(wire.encode(ask.message), api.FirstPinFinish)
        body = self.first = signed.verify(Kind.FIRST_PIN_STICK, message.by_stick, public(), api.FirstPinFinishBody)
        signed.verify(Kind.FIRST_PIN_USER, message.by_user, body.user_key, api.FirstPinFinishBody)
        return api.Done()

    def change(self, ask: Ask) -> msgspec.Struct:
        """Verify the present PIN's proof; evaluate the new one."""
        message = wire.decode(wire.encode(ask.message), api.ChangePin)
        user_key = signed.public_text(SigningKey(USER_SEED))
        body = signed.verify(Kind.CHANGE_PIN_USER, message.by_user, user_key, api.ChangePinBody)
        assert body == signed.verify(Kind.CHANGE_PIN_STICK, message.by_stick, public(), api.ChangePinBody)
        return api.ChangePinAnswer(evaluation=evaluated(body.element), rules=self.rules)

    def prove(self, ask: Ask) -> msgspec.Struct:
        """Verify both signatures."""
        message = wire.decode(wire.encode(ask.message), api.Prove)
        user_key = signed.public_text(SigningKey(USER_SEED))
        body = signed.verify(Kind.PROVE_USER, message.by_user, user_key, api.ProveBody)
        assert body == signed.verify(Kind.PROVE_STICK, message.by_stick, public(), api.ProveBody)
        return api.Done()

    def new(self, ask: Ask) -> msgspec.Struct:
        """Keep the new envelope."""
        message = wire.decode(wire.encode(ask.message), api.NewPin)
        body = self.second = signed.verify(Kind.NEW_PIN_STICK, message.by_stick, public(), api.NewPinBody)
        signed.verify(Kind.NEW_PIN_USER, message.by_user, body.user_key, api.NewPinBody)
        return api.Done()


def public() -> str:
    """Return the stick's public key."""
    return signed.public_text(STICK.identity)


def evaluated(element: str) -> str:
    """Return keyd's evaluation."""
    return wire.key_text(oprf.evaluate(OPRF_KEY, wire.key_bytes(element)))


@cache
def sealed() -> str:
    """Return the user's seed in its envelope."""
    output = oprf.finalize(PIN.encode(), BLIND, oprf.evaluate(OPRF_KEY, oprf.blind_with(PIN.encode(), BLIND)))
    return envelope.seal(USER_SEED, output)


def opened(sealed: str, pin: str) -> bytes:
    """Return the user's seed that the PIN opens."""
    blind, element = oprf.blind(pin.encode())
    return envelope.open_envelope(sealed, oprf.finalize(pin.encode(), blind, oprf.evaluate(OPRF_KEY, element)))


def greeting(stick: str = STICK.id) -> api.HelloAnswer:
    """Return a fresh answer to hello."""
    return api.HelloAnswer(
        stick=stick,
        time_ms=NOW_MS,
        nonce=wire.key_text(secrets.token_bytes(32)),
        organisation_name="離れ市",
        help_desk="",
        image_floor=0,
    )


def attempt(pin: str = PIN, user: str = "kikaku01") -> effects.Flow[api.SessionAnswer]:
    """Return a sign-in."""
    return sign_in.sign_in(STICK, Credentials(user=user, pin=pin), SESSION_KEY, greeting())


def refused(server: Server, flow: effects.Flow[object]) -> Code:
    """Return the code with which the flow ends."""
    with pytest.raises(Problem) as caught:
        server.run(flow)
    return caught.value.code


def changing(pin: str = PIN, chosen: str = NEW) -> effects.Flow[None]:
    """Return a PIN change that nobody has begun yet."""
    return sign_in.change_pin(STICK, Credentials("kikaku01", pin), chosen, greeting())
