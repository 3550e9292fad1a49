"""The stick's flows against a small server in memory with real keys, and against every kind of wrong answer."""

import secrets
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import effects, envelope, oprf, sign_in, signed, totp, wire
from hanare_core.effects import Ask, Keep, Mark, Step, Touch
from hanare_core.messages import api
from hanare_core.pin import Rules
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration
from hanare_core.sign_in import Credentials, Invited, Stick
from hanare_core.signed import Kind
from hanare_core.ticket import Factor

PIN = "749203"
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
ENVELOPE = envelope.seal(
    USER_SEED,
    oprf.finalize(PIN.encode(), BLIND, oprf.evaluate(OPRF_KEY, oprf.blind_with(PIN.encode(), BLIND))),
)
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
            evaluation=evaluated(body.element), envelope=ENVELOPE, factors=self.factors, failures=self.failures
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


def test_a_sign_in_ends_with_the_session() -> None:
    """Begin, finish, write, confirm in this order give the session; the generation is kept before confirm."""
    server = Server()
    assert server.run(attempt()) == ANSWER
    assert server.calls == ["begin", "finish", "confirm"]
    assert server.kept == [STICK.generation + 1]
    assert server.marks == [Step.BEGIN, Step.ENVELOPE_OPENED, Step.FINISH, Step.CONFIRM]


def test_full_width_digits_are_the_same_pin() -> None:
    """A PIN typed through a Japanese input method opens the same envelope."""
    assert Server().run(attempt("７４９２０３")) == ANSWER


def test_a_wrong_pin_ends_after_begin() -> None:
    """A wrong PIN does not open the envelope; nothing more is sent and nothing is written."""
    server = Server()
    assert refused(server, attempt("111112")) is Code.SIGN_IN_FAILED
    assert server.calls == ["begin"]
    assert server.kept == []


@pytest.mark.parametrize("user", ["", "x" * 65, "\ud800"])
def test_a_name_that_cannot_be_is_just_wrong(user: str) -> None:
    """Impossible names and PINs are refused like wrong ones, before anything is sent."""
    server = Server()
    assert refused(server, attempt(user=user)) is Code.SIGN_IN_FAILED
    assert refused(server, attempt("7" * 65)) is Code.SIGN_IN_FAILED
    assert server.calls == []


@pytest.mark.parametrize("path", ["begin", "finish", "confirm"])
def test_a_nonce_that_ran_out_is_replaced_once(path: str) -> None:
    """One expired nonce is mended unseen; a second one is told."""
    server = Server()
    server.refuse[path] = [Code.NONCE_EXPIRED]
    assert server.run(attempt()) == ANSWER
    assert server.calls.count("hello") == 1
    server.refuse[path] = [Code.NONCE_EXPIRED, Code.NONCE_EXPIRED]
    assert refused(server, attempt()) is Code.NONCE_EXPIRED


@given(path=st.sampled_from(["begin", "finish", "confirm"]), code=st.sampled_from(sorted(Code)))
@settings(deadline=None, max_examples=30)
def test_every_refusal_ends_the_flow_with_its_code(path: str, code: Code) -> None:
    """Whatever the server refuses with is what the caller hears, and nothing is sent after it."""
    server = Server()
    server.refuse[path] = [code, code]
    assert refused(server, attempt()) is code
    assert server.calls[-1] == path


WRONG = st.sampled_from([None, "text", b"bytes", 7, api.Done(), api.FinishAnswer(next_generation=1), ANSWER])


@given(at=st.integers(0, 6), wrong=WRONG)
@settings(deadline=None, max_examples=60)
def test_an_answer_of_another_step_is_refused(at: int, wrong: object) -> None:
    """At every step a wrong, repeated or missing answer ends the flow with a Problem, never with a traceback."""
    server, flow, result = Server(), attempt(), None
    for _ in range(at):
        try:
            result = server.do(flow.send(result))
        except StopIteration:
            return
    try:
        effect = flow.send(result)
    except StopIteration:
        return
    if not isinstance(effect, Ask) or isinstance(wrong, effect.shape):
        return
    with pytest.raises(Problem) as caught:
        flow.send(wrong)
    assert caught.value.code is Code.OUT_OF_ORDER


@pytest.mark.parametrize("generation", [0, STICK.generation])
def test_a_generation_that_does_not_rise_is_refused(generation: int) -> None:
    """The stick never writes an older generation over its own."""
    flow = attempt()
    server = Server()
    effect = flow.send(None)
    while not (isinstance(effect, Ask) and effect.path.endswith("/finish")):
        effect = flow.send(server.do(effect))
    with pytest.raises(Problem) as caught:
        flow.send(api.FinishAnswer(next_generation=generation))
    assert caught.value.code is Code.OUT_OF_ORDER


def test_hello_takes_only_the_own_servers_word() -> None:
    """An answer signed by another key, or meant for another stick, is refused."""
    for answer in (
        signed.sign(Kind.HELLO_ANSWER, greeting(), SigningKey.generate()),
        signed.sign(Kind.HELLO_ANSWER, greeting("stick-2"), SERVER),
        signed.sign(Kind.TICKET, greeting(), SERVER),
    ):
        flow = sign_in.hello(STICK)
        flow.send(None)
        with pytest.raises(Problem) as caught:
            flow.send(api.SignedAnswer(signed=answer))
        assert caught.value.code is Code.NOT_AUTHENTIC


def test_a_first_pin_is_sealed_under_the_pin() -> None:
    """The one-time code, typed in groups, sets an envelope that only the chosen PIN opens."""
    server = Server()
    assert server.run(sign_in.first_pin(STICK, Invited("kikaku01", "abcd-efgh ijkl-mnop"), PIN, greeting())) == ""
    assert server.first is not None
    blind, element = oprf.blind(PIN.encode())
    output = oprf.finalize(PIN.encode(), blind, oprf.evaluate(OPRF_KEY, element))
    seed = envelope.open_envelope(server.first.envelope, output)
    assert signed.public_text(SigningKey(seed)) == server.first.user_key


def test_a_first_pin_proves_the_totp_secret() -> None:
    """Where a factor is wanted the secret is proven by a code of the present time, and returned to be shown."""
    secret = totp.new_secret()
    server = Server(secret)
    assert server.run(sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting())) == secret
    assert server.first is not None
    assert totp.matching_step(secret, server.first.totp, time_ms=NOW_MS) is not None


@pytest.mark.parametrize(
    ("secret", "factors", "with_key", "touches"),
    [
        (SECRET, (Factor.PIN, Factor.TOTP, Factor.FIDO2), False, 0),
        (SECRET, (Factor.PIN, Factor.TOTP, Factor.FIDO2), True, 1),
        (SECRET, (Factor.PIN, Factor.TOTP), True, 0),
        ("", (Factor.PIN, Factor.FIDO2), False, 1),
        ("", (Factor.PIN,), True, 0),
    ],
    ids=["both, app", "both, key", "app only", "key only", "neither"],
)
def test_a_first_pin_enrols_what_was_chosen_of_what_is_taken(
    secret: str,
    factors: tuple[Factor, ...],
    with_key: bool,  # noqa: FBT001 - a case of the table
    touches: int,
) -> None:
    """Of app and security key the chosen one is enrolled where both are taken, else the one that is."""
    server = Server(secret)
    server.factors = factors
    shown = server.run(sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting(), with_key=with_key))
    assert server.first is not None
    by_app = Factor.TOTP in factors and not touches
    assert (shown, bool(server.first.totp)) == (secret if by_app else "", by_app)
    assert (server.touched, server.first.security_key is not None) == (touches, touches == 1)


@pytest.mark.parametrize(
    ("factors", "digits", "touches"),
    [
        ((Factor.PIN, Factor.FIDO2), "", 1),
        ((Factor.PIN, Factor.TOTP, Factor.FIDO2), "123456", 0),
        ((Factor.PIN, Factor.TOTP, Factor.FIDO2), "", 1),
        ((Factor.PIN, Factor.TOTP), "", 0),
    ],
    ids=["key", "both, digits typed", "both, none typed", "app only"],
)
def test_a_security_key_is_touched_where_no_digits_were_typed(
    factors: tuple[Factor, ...], digits: str, touches: int
) -> None:
    """Where a key is taken, who types no digits touches it, at a sign-in and at a change of the PIN."""
    server = Server()
    server.factors = factors
    server.run(sign_in.sign_in(STICK, Credentials("kikaku01", PIN, digits), SESSION_KEY, greeting()))
    assert (server.touched, server.proven) == (touches, [ASSERTION if touches else None])
    server.run(sign_in.change_pin(STICK, Credentials("kikaku01", PIN, digits), NEW, greeting()))
    assert server.touched == 2 * touches


def test_what_is_no_touch_is_no_factor() -> None:
    """Whatever else comes from the screen in a touch's place ends the flow before anything is proven."""
    server = Server()
    server.factors = (Factor.PIN, Factor.FIDO2)
    server.answers_touch = {Ceremony.GET: REGISTRATION, Ceremony.CREATE: ASSERTION}
    assert refused(server, attempt()) is Code.FACTOR_WANTED
    first = sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting(), with_key=True)
    assert refused(server, first) is Code.FACTOR_WANTED
    assert (server.proven, server.first) == ([], None)


def test_each_step_is_told_once_it_is_behind() -> None:
    """Greeting, first PIN and change tell their steps in order, for the screen and for timing."""
    for flow, steps in (
        (sign_in.hello(STICK), [Step.HELLO]),
        (sign_in.first_pin(STICK, Invited("kikaku01", CODE), PIN, greeting()), [Step.BEGIN, Step.FINISH]),
        (changing(), [Step.BEGIN, Step.ENVELOPE_OPENED, Step.FINISH]),
    ):
        server = Server()
        server.run(flow)
        assert server.marks == steps


def test_a_weak_pin_or_impossible_code_is_told_before_anything_is_sent() -> None:
    """The stick alone sees the PIN, so it refuses weak ones; a code that cannot be one is wrong."""
    server = Server()
    assert refused(server, sign_in.first_pin(STICK, Invited("kikaku01", CODE), "123456", greeting())) is Code.PIN_WEAK
    assert refused(server, sign_in.first_pin(STICK, Invited("kikaku01", "short"), PIN, greeting())) is Code.CODE_WRONG
    assert server.calls == []


NEW = "584927"


def changing(pin: str = PIN, chosen: str = NEW) -> effects.Flow[None]:
    """Return a PIN change that nobody has begun yet."""
    return sign_in.change_pin(STICK, Credentials("kikaku01", pin), chosen, greeting())


def test_a_changed_pin_opens_the_new_envelope_alone() -> None:
    """The new envelope is opened by the new PIN and holds a key of its own."""
    server = Server()
    server.run(changing())
    assert server.second is not None
    blind, element = oprf.blind(NEW.encode())
    output = oprf.finalize(NEW.encode(), blind, oprf.evaluate(OPRF_KEY, element))
    seed = envelope.open_envelope(server.second.envelope, output)
    assert signed.public_text(SigningKey(seed)) == server.second.user_key
    assert seed != USER_SEED


def test_a_weak_new_pin_is_told_before_anything_is_sent() -> None:
    """What the blocklist refuses costs no counted try."""
    server = Server()
    assert refused(server, changing(chosen="123456")) is Code.PIN_WEAK
    assert server.calls == []


def test_the_offices_words_are_refused_before_anything_is_set() -> None:
    """A PIN that holds a word of the office is refused once the words are known, at a change and at the first PIN."""
    server = Server()
    server.rules = Rules(words=("584927",))
    assert refused(server, changing()) is Code.PIN_WEAK
    assert refused(server, sign_in.first_pin(STICK, Invited("kikaku01", CODE), NEW, greeting())) is Code.PIN_WEAK
    assert (server.first, server.second) == (None, None)


def test_a_wrong_present_pin_changes_nothing() -> None:
    """Without the present PIN the envelope does not open, and nothing more is sent."""
    server = Server()
    assert refused(server, changing(pin="749204")) is Code.SIGN_IN_FAILED
    assert server.calls == ["begin"]


@pytest.mark.parametrize("code", [Code.SERVER_UNREACHABLE, Code.KEYD_UNREACHABLE, Code.INTERNAL])
def test_the_last_message_of_a_change_is_said_until_it_is_heard(code: Code) -> None:
    """After keyd may have destroyed the old key nothing but the answer brings user and office in step."""
    server = Server()
    server.refuse["new-pin"] = [code] * 5
    server.run(changing())
    assert server.calls.count("new-pin") == 6
    server = Server()
    server.refuse["new-pin"] = [code] * 6
    assert refused(server, changing()) is code


def test_another_refusal_of_the_last_message_is_final() -> None:
    """A stick that was suspended meanwhile does not insist."""
    server = Server()
    server.refuse["new-pin"] = [Code.SUSPENDED]
    assert refused(server, changing()) is Code.SUSPENDED
    assert server.calls.count("new-pin") == 1


def test_the_owner_is_told_of_failures() -> None:
    """Wrong tries since the last sign-in are told once the envelope is open, and not before."""
    server = Server()
    server.failures = 4
    assert refused(server, sign_in.sign_in(STICK, Credentials("kikaku01", "749204"), SESSION_KEY, greeting())) is (
        Code.SIGN_IN_FAILED
    )
    assert server.told == []
    server.run(attempt())
    assert server.told == [4]


def test_credentials_do_not_show_themselves() -> None:
    """What was typed stands in no text that a log or a traceback could print."""
    assert PIN not in repr(Credentials("kikaku01", PIN, "123456"))
    assert "123456" not in repr(Credentials("kikaku01", PIN, "123456"))


def test_unlocking_proves_the_pin_and_says_so() -> None:
    """A right PIN at the covered screen is said to keyd, so that it does not count; a wrong one is not right."""
    server = Server()
    server.run(sign_in.prove(STICK, "kikaku01", PIN, greeting()))
    assert server.calls == ["begin", "prove"]
    server = Server()
    assert refused(server, sign_in.prove(STICK, "kikaku01", "749204", greeting())) is Code.SIGN_IN_FAILED
    assert server.calls == ["begin"]
