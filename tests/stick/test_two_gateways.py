"""A stick with two gateways: it leaves a dead one, and one that the hub has lost, and the desktop comes back by itself.

The gateways are plain WireGuard; what agents and hub do is tested by tests/stories/test_two_gateways.py.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_lab.wait import until
from tests.stick.conftest import World
from tests.stick.office import GATEWAYS

pytestmark = [pytest.mark.lab]

BACK_S: Final = 10.0
"""What a dead gateway may cost; the bench measures it."""

BUSY_S: Final = 30.0
"""Allowed beyond it where other tests burn the same cores."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    """Give a world with two gateways, in which somebody works."""
    with World(tmp_path, gateways=2) as world:
        world.office.give_pin()
        client = world.start_agent()
        client.wait(step="ready")
        world.sign_in(client)
        client.wait(step="desktop-started")
        until(lambda: serving(world) is not None, seconds=BUSY_S, what="the desktop")
        yield world


def serving(world: World) -> int | None:
    """Return the number of the gateway by which the desktop comes, by its address on the stick; None: by none."""
    inside = ["nsenter", "--net=/run/netns/hanare-session", "ss", "-tnH", "state", "established"]
    found = re.findall(r"100\.64\.(\d+)\.9:\d+ +\S+:3389", world.home.run(inside, check=False).stdout)
    return int(found[0]) // 64 + 1 if len(found) == 1 else None


def test_the_desktop_survives_its_gateway(pair: World, record_property: Callable[[str, object], None]) -> None:
    """A gateway's lines are cut: the same FreeRDP is back by the other one, and nobody types anything."""
    desktop, first = pair.programs("xfreerdp3"), serving(pair)
    assert first is not None
    died = time.monotonic()
    pair.city.gateways[first - 1].ip("link set wan0 down", "link set lan0 down")
    until(lambda: serving(pair) == 3 - first, seconds=BACK_S + BUSY_S, what="the desktop by the other gateway")
    record_property("back_s", time.monotonic() - died)
    assert pair.programs("xfreerdp3") == desktop
    until(pair.office.connected, seconds=BUSY_S, what="the channel through the new door")
    assert pair.agent is not None
    pair.agent.kill()  # the next agent's own order may begin with the other gateway: it stays at the session's
    client = pair.start_agent()
    client.wait(step="session")
    assert serving(pair) == 3 - first


def test_a_gateway_that_the_hub_has_lost_is_left(pair: World) -> None:
    """The stick goes with its session; a word about the gateway that it does not use moves nothing."""
    desktop, first = pair.programs("xfreerdp3"), serving(pair)
    assert first is not None
    until(pair.office.connected, seconds=BUSY_S, what="the channel")
    pair.office.lose(GATEWAYS[first - 1])
    until(lambda: serving(pair) == 3 - first, seconds=BACK_S + BUSY_S, what="the desktop by the other gateway")
    assert pair.programs("xfreerdp3") == desktop


def test_a_stop_is_heard_after_the_door_came_to_another_gateway(pair: World) -> None:
    """A sign-in that is placed at the other gateway takes the channel along: a stop is told at once."""
    (client,) = pair.clients
    first = serving(pair)
    assert first is not None
    pair.office.placed = GATEWAYS[2 - first]
    client.send(kind="end")
    client.wait(step="ready")
    channels = pair.office.channels
    pair.sign_in(client)
    client.wait(step="desktop-started")
    until(lambda: pair.office.channels > channels, seconds=BUSY_S, what="the channel by the other gateway")
    asked = time.monotonic()
    pair.office.stop(Code.SUSPENDED)
    event = client.wait(code="suspended")
    assert event["at_ns"] / 1e9 - asked < BACK_S
