"""F10: a leaver, a deleted user, a permission that has ended: refused at once, and a live session is cut."""

import pytest

from hanare_core.problems import Code
from hanare_server.access import upkeep
from hanare_server.audit.log import COMMAND
from hanare_server.clock import now_ms
from hanare_server.directory.models import User
from hanare_server.sticks import reset
from tests.keyd.office import code_of
from tests.server.town import Town


def test_a_leaver_is_cut_and_refused(town: Town) -> None:
    """The session's packets stop in the same act that takes the user out, and the name is unknown from then on."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    (gateway,) = town.gateways.values()
    assert answer.paths[0].lease in gateway.present
    reset.leave(town.id, COMMAND, User.objects.get(organisation=town.id, name="tanaka").pk)
    assert town.session(answer.session).reason == Code.NOT_PERMITTED
    town.wait_gone(answer.paths[0].lease)
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.SIGN_IN_FAILED


def test_an_ended_permission_cuts_and_refuses(town: Town) -> None:
    """When the permission ends the worker ends the session with that reason, and the next sign-in hears it too."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    User.objects.filter(organisation=town.id).update(permitted_until_ms=now_ms() - 1)
    upkeep.round_of(town.organisation)
    assert town.session(answer.session).reason == Code.PERMISSION_EXPIRED
    town.wait_gone(answer.paths[0].lease)
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.PERMISSION_EXPIRED


@pytest.mark.parametrize("left_ms", [1, 60_000])
def test_a_session_never_outlives_the_permission(town: Town, left_ms: int) -> None:
    """A session that begins just before the permission's end has its hard end there."""
    stick = town.ready()
    until = now_ms() + 20_000 + left_ms
    User.objects.filter(organisation=town.id).update(permitted_until_ms=until)
    assert stick.sign_in("tanaka").ends_ms == until
