"""F06: a copy is used later, in any order with its original: both stop when they cross, and never are both live."""

import copy

import pytest

from hanare_core.problems import Code
from hanare_server.access.models import Session
from tests.keyd.office import code_of
from tests.server.town import Town


@pytest.mark.parametrize("order", ["oc", "cco", "occo", "ooc", "oococ"])
def test_both_stop_when_they_cross(town: Town, order: str) -> None:
    """Who comes back after the other has signed in is stale: both are quarantined, with a row in the log."""
    original = town.ready()
    original.sign_in("tanaka")
    sticks = {"o": original, "c": copy.copy(original)}
    last, crossed = "o", False
    for turn in order:
        stale = sticks[turn].generation != town.row(original).generation
        outcome = code_of(lambda turn=turn: sticks[turn].sign_in("tanaka"))
        assert outcome is (Code.STICK_QUARANTINED if stale or crossed else None), (last, turn)
        crossed = crossed or stale
        live = Session.objects.filter(stick=original.stick, state=Session.State.OPEN).count()
        assert live == (0 if crossed else 1)
        last = turn
    assert crossed
    assert "quarantined" in town.acts()
