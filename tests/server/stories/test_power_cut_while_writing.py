"""F07: the power is cut while the stick writes its generation: n or n - 1 is accepted once, and nobody is alarmed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanare_core import ratchet
from hanare_server.directory.models import Stick
from tests.server.town import Town
from tests.server.worker_at_home import PIN, AtHome, Attempt

CUTS = st.lists(st.integers(0, ratchet.SLOT_BYTES), min_size=1, max_size=6)


class Medium:
    """A stick's state area, written like the agent writes it, up to the byte at which the power goes."""

    def __init__(self, generation: int) -> None:
        self.area = ratchet.new_area(0)
        self.write(generation, ratchet.SLOT_BYTES)

    def write(self, generation: int, until: int) -> None:
        """Write, and lose what comes after that byte."""
        change = ratchet.write(self.area, generation=generation, now_ms=1)
        data = change.data[:until]
        self.area = self.area[: change.offset] + data + self.area[change.offset + len(data) :]

    @property
    def generation(self) -> int:
        """What the stick shows after the cut."""
        return ratchet.read(self.area).generation


def began(stick: AtHome, name: str) -> tuple[Attempt, int]:
    """Prove the PIN and return the attempt and the generation that is offered."""
    attempt, _, _ = stick.begin(name, PIN)
    attempt.seed = stick.seeds[name]
    return attempt, stick.finish(attempt).next_generation


@pytest.mark.usefixtures("patient")
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=CUTS)
def test_cuts_at_any_byte_alarm_nobody(town: Town, cuts: list[int]) -> None:
    """Cut after cut, at whatever byte, the stick signs in again at once; no quarantine, no second generation."""
    name = f"u{Stick.objects.filter(organisation=town.id).count()}"
    user, stick = town.add_user(name), town.add_stick(name)
    stick.set_pin(name, town.code_for(user))
    medium = Medium(stick.generation)
    for cut in cuts:
        stick.generation = medium.generation
        _, offered = began(stick, name)
        medium.write(offered, cut)
        assert medium.generation in {stick.generation, offered}
    stick.generation = medium.generation
    attempt, offered = began(stick, name)
    medium.write(offered, ratchet.SLOT_BYTES)
    session = stick.confirm(attempt, offered)
    assert town.row(stick).state == Stick.State.ACTIVE
    stick.end(session.session, "ended-by-user")
    assert "quarantined" not in town.acts()
