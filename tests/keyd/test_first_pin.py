"""One-time codes and first PINs."""

import sqlite3
from pathlib import Path

from hanare_core import totp
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_core.ticket import Factor
from hanare_keyd import retention
from hanare_keyd.people import CODE_LIFE_MS
from hanare_keyd.statements import ENROLMENT_LIFE_MS
from tests.keyd.office import ORGANISATION, Client, InProcess, Stick, Try, code_of

PIN = "804513"
TOTP = (Factor.PIN, Factor.TOTP)


def finish(client: Client, stick: Stick, tried: Try, code: str = "") -> keyd.FirstPinFinishAnswer:
    """Finish a first PIN."""
    return client.expect(client.first_pin_finish_request(stick, tried, code), keyd.FirstPinFinishAnswer)


def test_code_is_used_up(client: Client, stick: Stick) -> None:
    """A code sets one PIN; afterwards it is wrong, and the same finish again is answered alike."""
    code = client.code("sato")
    tried, secret = client.first_pin_begin(stick, "sato", code, PIN)
    assert secret == ""
    request = client.first_pin_finish_request(stick, tried)
    first = client.expect(request, keyd.FirstPinFinishAnswer)
    assert (first.user, first.envelope) == ("sato", "envelope")
    assert client.expect(request, keyd.FirstPinFinishAnswer) == first
    assert client.sign_in(stick, "sato", PIN).user == "sato"
    assert code_of(lambda: client.first_pin_begin(stick, "sato", code, PIN)) is Code.CODE_WRONG


def test_wrong_code_counts(client: Client, stick: Stick) -> None:
    """Wrong codes are counted like wrong PINs: after ten the pair is locked, for the right code too."""
    code = client.code("sato")
    for _ in range(10):
        assert code_of(lambda: client.first_pin_begin(stick, "sato", "A" * 16, PIN)) is Code.CODE_WRONG
    assert code_of(lambda: client.first_pin_begin(stick, "sato", code, PIN)) is Code.PIN_LOCKED
    client.set_pin(stick, "sato", PIN)
    assert client.sign_in(stick, "sato", PIN).user == "sato"


def test_code_ends(client: Client, stick: Stick, inside: InProcess) -> None:
    """A code ends after three days, belongs to one user, and is refused by a clock that is before its issue."""
    answer = client.expect(keyd.IssueCodeRequest(ORGANISATION, "sato"), keyd.IssueCodeAnswer)
    assert answer.not_after_ms == inside.time_ms + CODE_LIFE_MS
    assert code_of(lambda: client.first_pin_begin(stick, "suzuki", answer.code, PIN)) is Code.CODE_WRONG
    inside.time_ms += CODE_LIFE_MS
    assert code_of(lambda: client.first_pin_begin(stick, "sato", answer.code, PIN)) is Code.CODE_WRONG
    inside.time_ms -= CODE_LIFE_MS + 1
    assert code_of(lambda: client.first_pin_begin(stick, "sato", answer.code, PIN)) is Code.CODE_WRONG
    inside.time_ms += 1
    client.first_pin_begin(stick, "sato", answer.code, PIN)


def test_new_code_destroys_the_old_pin(client: Client, stick: Stick, inside: InProcess) -> None:
    """From the moment a new code is issued the old PIN opens nothing, and no sealed key of it is left in the files."""
    client.set_pin(stick, "sato", PIN)
    database = Path(inside.settings.database)
    with sqlite3.connect(database) as connection:
        sealed = connection.execute("SELECT oprf_key FROM people WHERE user = 'sato'").fetchone()[0]
    connection.close()
    begun = client.begin(stick, "sato", PIN)
    client.code("sato")
    assert code_of(lambda: client.finish(stick, begun)) is Code.OUT_OF_ORDER
    assert code_of(lambda: client.sign_in(stick, "sato", PIN)) is Code.SIGN_IN_FAILED
    files = [file.read_bytes() for file in database.parent.glob("keyd.db*")]
    parts = [sealed[start : start + 16] for start in range(len(sealed) - 16)]
    assert not any(part in data for data in files for part in parts)


def test_new_code_ends_an_open_first_pin(client: Client, stick: Stick) -> None:
    """A first PIN that was begun with an older code cannot be finished after a newer code."""
    tried, _ = client.first_pin_begin(stick, "sato", client.code("sato"), PIN)
    client.code("sato")
    assert code_of(lambda: finish(client, stick, tried)) is Code.OUT_OF_ORDER


def test_two_begins_one_finish(client: Client, stick: Stick) -> None:
    """Of two first PINs begun with one code only the first that finishes counts."""
    code = client.code("sato")
    one, _ = client.first_pin_begin(stick, "sato", code, PIN)
    two, _ = client.first_pin_begin(stick, "sato", code, "271828")
    finish(client, stick, two)
    assert code_of(lambda: finish(client, stick, one)) is Code.OUT_OF_ORDER
    assert client.sign_in(stick, "sato", "271828").user == "sato"
    assert code_of(lambda: client.sign_in(stick, "sato", PIN)) is Code.SIGN_IN_FAILED


def test_wrong_code_has_no_finish(client: Client, stick: Stick, inside: InProcess) -> None:
    """An attempt whose code was wrong cannot be finished."""
    client.code("sato")
    right, _ = client.first_pin_begin(stick, "suzuki", client.code("suzuki"), PIN)
    answers: list[keyd.AnyAnswer] = []

    def ask(request: keyd.AnyRequest) -> keyd.AnyAnswer:
        answers.append(inside.ask(request))
        return answers[-1]

    assert code_of(lambda: Client(ask).first_pin_begin(stick, "sato", "A" * 16, PIN)) is Code.CODE_WRONG
    assert isinstance(answers[0], keyd.NonceAnswer)
    nonce = answers[0].nonce
    assert code_of(lambda: finish(client, stick, Try(nonce, right.user_key, right.answer))) is Code.OUT_OF_ORDER


def test_totp_is_enrolled(client: Client, stick: Stick, inside: InProcess) -> None:
    """The first TOTP proves the enrolment; a wrong one may be corrected, and the right one is used up."""
    tried, secret = client.first_pin_begin(stick, "sato", client.code("sato"), PIN, TOTP)
    right = totp.code_at(secret, inside.time_ms)
    for wrong in ("", "000000" if right != "000000" else "000001"):
        request = client.first_pin_finish_request(stick, tried, wrong)
        answer = client.ask(request)
        assert isinstance(answer, keyd.RefusalAnswer)
        assert answer.code is Code.FACTOR_WANTED
    finish(client, stick, tried, right)
    begun = client.begin(stick, "sato", PIN, TOTP)
    assert code_of(lambda: client.finish(stick, begun, totp=right)) is Code.FACTOR_WANTED


def test_forgotten_user(client: Client, stick: Stick) -> None:
    """A user who left is unknown: PIN and code open nothing, and what was counted stays counted."""
    client.set_pin(stick, "sato", PIN)
    begun = client.begin(stick, "sato", PIN)
    client.expect(keyd.ForgetUserRequest(ORGANISATION, "sato"), keyd.DoneAnswer)
    assert code_of(lambda: client.finish(stick, begun)) is Code.OUT_OF_ORDER
    assert code_of(lambda: client.sign_in(stick, "sato", PIN)) is Code.SIGN_IN_FAILED
    assert client.begin(stick, "sato", PIN).answer.failures == 2


def test_what_was_abandoned_is_destroyed(client: Client, stick: Stick, inside: InProcess) -> None:
    """An open enrolment is destroyed after its life, an expired code after its own."""
    client.first_pin_begin(stick, "sato", client.code("sato"), PIN)
    for later_ms, codes in ((ENROLMENT_LIFE_MS + 1, 1), (CODE_LIFE_MS, 0)):
        inside.time_ms += later_ms
        inside.loop.run_until_complete(inside.store.write(retention.purge))
        count = inside.store.reader.execute
        assert count("SELECT count(*) FROM first_pins").fetchone()[0] == 0
        assert count("SELECT count(code_hash) FROM people").fetchone()[0] == codes
