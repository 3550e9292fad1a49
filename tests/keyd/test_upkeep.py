"""What the server may ask of keyd beside sign-ins, and what is done after keyd was restored from a backup."""

import shutil
from pathlib import Path

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_keyd import admin
from hanare_keyd.counters import PAIR_IN_A_ROW, STICK_IN_A_ROW, STICK_UNLOCKS, WINDOW_MS
from tests.keyd.office import ORGANISATION, Client, InProcess, Stick, code_of

PIN = "804513"
NEW = "271845"


def spray(client: Client, stick: Stick, prefix: str) -> int:
    """Try one PIN with many names until the stick is locked; return how often it was evaluated."""
    for number in range(STICK_IN_A_ROW + 1):
        code = code_of(lambda number=number: client.begin(stick, f"{prefix}-{number}", "000000"))
        if code is not None:
            assert code is Code.STICK_LOCKED
            return number
    raise AssertionError("the stick was not locked")


def unlock(client: Client, stick: Stick) -> Code | None:
    """Ask as the server does when an administrator resumes the stick."""
    request = keyd.UnlockStickRequest(ORGANISATION, stick.id)
    return code_of(lambda: client.expect(request, keyd.DoneAnswer))


def test_the_server_unlocks_a_stick_three_times(client: Client, stick: Stick) -> None:
    """The server may unlock a stick three times in 90 days, so whoever rules it gets no endless evaluations."""
    evaluations = 0
    for turn in range(STICK_UNLOCKS):
        evaluations += spray(client, stick, f"x-{turn}")
        assert unlock(client, stick) is None
    evaluations += spray(client, stick, "x-last")
    assert unlock(client, stick) is Code.STICK_LOCKED
    assert evaluations == STICK_IN_A_ROW * (STICK_UNLOCKS + 1)


def test_unlocking_what_is_not_locked_costs_nothing(client: Client, stick: Stick) -> None:
    """A resume of an ordinary stick clears nothing and spends no unlock."""
    client.set_pin(stick, "sato", PIN)
    client.begin(stick, "sato", "000000")
    for _ in range(STICK_UNLOCKS + 1):
        assert unlock(client, stick) is None
    spray(client, stick, "x")
    assert unlock(client, stick) is None


def test_unlocks_are_forgotten_after_90_days(client: Client, inside: InProcess) -> None:
    """After 90 days the server may unlock again."""
    stick = Stick("stick-1", until_ms=inside.time_ms + 2 * WINDOW_MS)
    for turn in range(STICK_UNLOCKS):
        spray(client, stick, f"x-{turn}")
        assert unlock(client, stick) is None
    spray(client, stick, "x-last")
    inside.time_ms += WINDOW_MS
    assert unlock(client, stick) is None


def test_a_restored_keyd_halves_every_budget(client: Client, stick: Stick, inside: InProcess) -> None:
    """For 90 days after a restore five wrong PINs in a row lock a pair: some may have been forgotten."""
    client.set_pin(stick, "sato", PIN)
    assert admin.main([str(inside.path), "restored"]) == 0
    for _ in range(PAIR_IN_A_ROW // 2):
        client.begin(stick, "sato", "000000")
    assert code_of(lambda: client.begin(stick, "sato", PIN)) is Code.PIN_LOCKED
    assert spray(client, Stick("stick-2"), "x") == STICK_IN_A_ROW // 2


def test_a_restored_keyd_destroys_again(client: Client, stick: Stick, inside: InProcess) -> None:
    """A PIN that was changed, reset or removed after the backup was made does not come back with it."""
    users = ["sato", "abe", "kato", "ito"]
    for user in users:
        client.set_pin(stick, user, PIN)
    backup = Path(inside.settings.database).with_name("backup.db")
    inside.store.close()
    shutil.copy(inside.settings.database, backup)
    inside.start()
    present = {user: _public(inside, user) for user in users}
    client.change_pin(stick, "abe", PIN, NEW)
    present |= {"abe": _public(inside, "abe"), "kato": "", "ito": present["ito"]}
    inside.store.close()
    shutil.copy(backup, inside.settings.database)
    inside.start()
    assert client.sign_in(stick, "abe", PIN).user == "abe"
    answer = client.expect(keyd.ReconcileRequest(ORGANISATION, present), keyd.ReconcileAnswer)
    assert answer.destroyed == ("abe", "kato")
    assert client.sign_in(stick, "sato", PIN).user == "sato"
    for user in ("abe", "kato"):
        assert code_of(lambda user=user: client.sign_in(stick, user, PIN)) is Code.SIGN_IN_FAILED


def test_reconciling_leaves_codes_alone(client: Client, stick: Stick) -> None:
    """A one-time code that was not used yet is no key: it stays good."""
    code = client.code("sato")
    client.expect(keyd.ReconcileRequest(ORGANISATION, {"sato": ""}), keyd.ReconcileAnswer)
    tried, _ = client.first_pin_begin(stick, "sato", code, PIN)
    client.expect(client.first_pin_finish_request(stick, tried), keyd.FirstPinFinishAnswer)
    assert signed.public_text(tried.user_key)


def _public(inside: InProcess, user: str) -> str:
    return str(inside.store.reader.execute("SELECT user_key FROM people WHERE user = ?", (user,)).fetchone()[0])
