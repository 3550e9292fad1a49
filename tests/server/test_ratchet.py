"""Copies and originals on the server: who is quarantined, what the log says of both, and the ways out."""

import copy

import pytest

from hanare_core.problems import Code
from hanare_server.access import standing, suspend
from hanare_server.access.act import act
from hanare_server.access.models import Session
from hanare_server.audit.log import COMMAND
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Stick
from hanare_server.sticks import recovery
from tests.keyd.office import code_of
from tests.server.town import Town, command
from tests.server.worker_at_home import AtHome


def twins(town: Town) -> tuple[AtHome, AtHome]:
    """Return a stick that has signed in once, and a byte copy of it."""
    original = town.ready()
    original.sign_in("tanaka")
    return original, copy.copy(original)


def confirm(town: Town, stick: str, generation: int) -> None:
    """Say which is the original, as two people have agreed."""
    with act(town.id, COMMAND) as opened:
        recovery.confirm_original(opened, stick, generation)


def quarantine_detail(town: Town) -> dict[str, str]:
    """Return what the log says of the two."""
    detail: dict[str, str] = AuditRow.objects.get(organisation=town.id, act="quarantined").detail
    return detail


def test_the_log_says_which_was_seen_where(town: Town) -> None:
    """The audit row has generation, time, source and user of both, so that an administrator can tell them apart."""
    original, clone = twins(town)
    (gateway,) = town.gateways.values()
    gateway.places[clone.stick] = "203.0.113.9"
    clone.sign_in("tanaka")
    gateway.places[original.stick] = "198.51.100.4"
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED
    detail = quarantine_detail(town)
    assert (detail["shown_line"], detail["expected_line"]) == ("198.51.100.4", "203.0.113.9")
    user = Session.objects.filter(stick=original.stick)[0].user_id
    assert (detail["shown"], detail["expected"]) == (str(original.generation), str(clone.generation))
    assert detail["shown_source"] == detail["expected_source"] == original.source
    assert detail["shown_user"] == detail["expected_user"] == user
    assert int(detail["expected_ms"]) <= int(detail["shown_ms"])


def test_copy_and_original_are_never_both_live(town: Town) -> None:
    """The copy's sign-in ends the original's session; the original's next one ends the copy's."""
    original, clone = twins(town)
    clone.sign_in("tanaka")
    assert Session.objects.filter(stick=original.stick, state=Session.State.OPEN).count() == 1
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED
    assert not Session.objects.filter(stick=original.stick, state=Session.State.OPEN).exists()
    for either in (original, clone):
        assert code_of(either.hello) is Code.STICK_QUARANTINED


def test_no_generation_is_offered_twice(town: Town) -> None:
    """An offer that the original wrote but never confirmed is not given to its copy as well."""
    original, clone = twins(town)
    lost = original.finish(original.open("tanaka")).next_generation
    assert clone.finish(clone.open("tanaka")).next_generation > lost


@pytest.mark.parametrize("of_original", [True, False])
def test_two_people_say_which_is_the_original(town: Town, of_original: bool) -> None:  # noqa: FBT001
    """The one whose generation was confirmed works again; the other one is quarantined when it shows itself."""
    original, clone = twins(town)
    clone.sign_in("tanaka")
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED
    right, wrong = (original, clone) if of_original else (clone, original)
    confirm(town, right.stick, right.generation)
    assert right.sign_in("tanaka").session
    assert code_of(lambda: wrong.sign_in("tanaka")) is Code.STICK_QUARANTINED
    assert town.acts().count("quarantined") == 2


def test_only_a_generation_that_was_seen_is_confirmed(town: Town) -> None:
    """A number that neither of the two showed is refused, and so is a stick that is not in quarantine."""
    original, clone = twins(town)
    assert code_of(lambda: confirm(town, original.stick, 1)) is Code.CONFLICT
    clone.sign_in("tanaka")
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED
    assert code_of(lambda: confirm(town, original.stick, 99)) is Code.CONFLICT
    assert code_of(lambda: confirm(town, "st-other", 1)) is Code.NOT_FOUND


def test_a_replaced_stick_never_comes_back(town: Town) -> None:
    """Replaced, the copied stick and its copy are unknown for ever; its user works with the new one."""
    original, clone = twins(town)
    command("end_stick", organisation=town.id, stick=original.stick, state="replaced")
    for either in (original, clone):
        assert code_of(either.hello) is Code.STICK_UNKNOWN
    assert code_of(lambda: confirm(town, original.stick, 1)) is Code.CONFLICT
    assert town.row(original).state == Stick.State.REPLACED
    assert town.add_stick("総務1 (2)").sign_in("tanaka").session
    before = town.acts()
    command("end_stick", organisation=town.id, stick=original.stick)
    assert town.acts() == before


def restore_to(town: Town, stick: AtHome, generation: int) -> None:
    """Put the stick's row back to what a backup had."""
    Stick.objects.filter(pk=stick.stick).update(generation=generation, offered=None, highest=generation)
    command("after_restore", organisation=town.id, part="server")


def test_after_a_restore_a_stick_is_ahead_once(town: Town) -> None:
    """A stick that is ahead of a restored server signs in, is written down, and is held to the rule from then on."""
    stick = town.ready()
    for _ in range(3):
        stick.sign_in("tanaka")
    restore_to(town, stick, 1)
    assert stick.sign_in("tanaka").session
    assert "generation-adopted" in town.acts()
    stick.generation += 5
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.STICK_QUARANTINED


def test_after_a_restore_an_old_copy_is_found_out(town: Town) -> None:
    """A copy that the restored server takes for right is found out when the original shows itself."""
    original, clone = twins(town)
    for _ in range(2):
        original.sign_in("tanaka")
    restore_to(town, original, clone.generation)
    clone.sign_in("tanaka")
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED


def test_without_a_restore_nobody_is_ahead(town: Town) -> None:
    """A stick that shows a generation that nobody offered is quarantined."""
    stick = town.ready()
    stick.generation = 7
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.STICK_QUARANTINED


def test_a_quarantined_stick_may_be_suspended_and_resumed(town: Town) -> None:
    """A resume takes the confirmed generation for the original's."""
    original, clone = twins(town)
    clone.sign_in("tanaka")
    assert code_of(lambda: original.sign_in("tanaka")) is Code.STICK_QUARANTINED
    suspend.resume(town.id, COMMAND, standing.Kind.STICK, original.stick)
    assert clone.sign_in("tanaka").session
