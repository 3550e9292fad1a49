"""A PIN's change by the user: nothing is set before all is known, and the last message is said until it is heard."""

import pytest
from nacl.signing import SigningKey

from hanare_core import sign_in, signed
from hanare_core.pin import Rules
from hanare_core.problems import Code
from hanare_core.sign_in import Invited
from tests.core.sign_in_desk import (
    CODE,
    NEW,
    STICK,
    USER_SEED,
    Server,
    changing,
    greeting,
    opened,
    refused,
)

pytestmark = pytest.mark.usefixtures("cheap_envelopes")


def test_a_changed_pin_opens_the_new_envelope_alone() -> None:
    """The new envelope is opened by the new PIN and holds a key of its own."""
    server = Server()
    server.run(changing())
    assert server.second is not None
    seed = opened(server.second.envelope, NEW)
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
