"""The generation's rules on one row: what is offered, adopted, stale, and written when a stick is quarantined."""

import pytest

from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Organisation, Stick
from hanare_server.sticks import ratchet
from hanare_server.sticks.ratchet import Sighting
from tests.server.town import Town

CONFIRMED, OFFERED = 3, 4


@pytest.fixture
def row(town: Town) -> Stick:
    """Give a stick that has confirmed one generation and was offered the next."""
    return standing(town, generation=CONFIRMED, offered=OFFERED, highest=OFFERED)


def standing(town: Town, **fields: object) -> Stick:
    """Return a new stick's row with these fields."""
    stick = town.add_stick("総務9")
    Stick.objects.filter(pk=stick.stick).update(**fields)
    return Stick.objects.select_related("organisation").get(pk=stick.stick)


def offer(town: Town, row: Stick, shown: int) -> int | None:
    """Let the stick show a generation; the row in the database is what the test then looks at."""
    with act(town.id, COMMAND) as opened:
        offered = ratchet.offer(opened, row, Sighting(shown, "192.0.2.1", "usr-1", "198.51.100.1"))
    row.refresh_from_db()
    return offered


def test_the_next_is_one_above_all_that_were_offered(town: Town, row: Stick) -> None:
    """Who shows the confirmed generation is offered a new one; nothing counts as confirmed by that."""
    assert offer(town, row, CONFIRMED) == OFFERED + 1
    assert (row.generation, row.offered, row.highest) == (CONFIRMED, OFFERED + 1, OFFERED + 1)


def test_what_was_offered_is_confirmed_by_being_shown(town: Town, row: Stick) -> None:
    """A stick whose confirm was lost shows that it wrote the offer."""
    assert offer(town, row, OFFERED) == OFFERED + 1
    assert (row.generation, row.offered, row.highest) == (OFFERED, OFFERED + 1, OFFERED + 1)


@pytest.mark.parametrize("shown", [0, CONFIRMED - 1, OFFERED + 1])
def test_any_other_is_quarantined_and_written(town: Town, row: Stick, shown: int) -> None:
    """Older or never offered: state, epoch, highest and the log's row say so; nobody saw this stick before."""
    epoch = Organisation.objects.get(pk=town.id).epoch
    assert ratchet.is_stale(row, shown)
    assert offer(town, row, shown) is None
    assert (row.state, row.stale_shown, row.offered) == (Stick.State.QUARANTINED, shown, None)
    assert (row.generation, row.highest) == (CONFIRMED, max(OFFERED, shown))
    assert Organisation.objects.get(pk=town.id).epoch == epoch + 1
    detail = AuditRow.objects.get(organisation=town.id, act="quarantined").detail
    assert (detail["expected"], detail["expected_ms"], detail["shown"]) == (str(CONFIRMED), "0", str(shown))


def test_the_log_says_when_the_other_was_seen(town: Town) -> None:
    """The time of the last confirm stands beside the one that is shown now."""
    row = standing(town, generation=CONFIRMED, highest=CONFIRMED, seen_ms=7, seen_line="203.0.113.9")
    assert offer(town, row, 1) is None
    detail = AuditRow.objects.get(organisation=town.id, act="quarantined").detail
    assert (detail["expected_ms"], detail["expected_line"]) == ("7", "203.0.113.9")


def test_after_a_restore_only_what_nobody_was_offered_is_ahead(town: Town) -> None:
    """Above the highest that is remembered it is adopted, once; the highest itself is an old copy's."""
    remembered = {"generation": CONFIRMED, "offered": None, "highest": OFFERED, "may_be_ahead": True}
    row = standing(town, **remembered)
    assert (ratchet.is_stale(row, OFFERED), ratchet.is_stale(row, OFFERED + 1)) == (True, False)
    assert offer(town, row, OFFERED + 1) == OFFERED + 2
    assert (row.generation, row.may_be_ahead, row.highest) == (OFFERED + 1, False, OFFERED + 2)
    assert offer(town, standing(town, **remembered), OFFERED) is None


def test_a_confirm_counts_once_and_forgets_the_old_line(town: Town) -> None:
    """Only what was offered is confirmed; where the stick is now, the next heartbeat says."""
    row = standing(town, generation=CONFIRMED, offered=OFFERED, highest=OFFERED, seen_line="203.0.113.9")
    for generation, confirmed in ((OFFERED + 1, CONFIRMED), (OFFERED, OFFERED), (OFFERED, OFFERED)):
        ratchet.confirm(row, Sighting(generation, "192.0.2.1", "usr-1"))
        row.refresh_from_db()
        assert row.generation == confirmed
    assert (row.offered, row.seen_line, row.seen_user) == (None, "", "usr-1")
