"""The stick's sign-in against a small server in memory with real keys, and against every kind of wrong answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import sign_in, signed
from hanare_core.effects import Ask, Step
from hanare_core.messages import api
from hanare_core.problems import Code, Problem
from hanare_core.sign_in import Credentials, Invited
from hanare_core.signed import Kind
from tests.core.sign_in_desk import (
    ANSWER,
    CODE,
    PIN,
    SERVER,
    SESSION_KEY,
    STICK,
    Server,
    attempt,
    changing,
    greeting,
    refused,
)

pytestmark = pytest.mark.usefixtures("cheap_envelopes")


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
