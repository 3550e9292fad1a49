"""F26, F27: an office PC that opens channels nobody asked for, or sends what no host would, gets and breaks nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from hanare_core.problems import Code
from hanare_lab.hostile_rdp import PORT, HostileRdp, Malice
from hanare_lab.inside import is_inside
from hanare_lab.rdp_relay import CREATE, DYNAMIC, FIRST_DYNAMIC
from hanare_lab.wait import until
from tests.stick.conftest import World
from tests.stick.screen import ControlClient

pytestmark = [pytest.mark.lab, pytest.mark.story, pytest.mark.skipif(not is_inside(), reason="runs inside the lab")]

ENDED_S: Final = 60.0
SAID_S: Final = 30.0
OPENED: Final = frozenset({"rdpdr", "rdpsnd", "drdynvc"})
"""Sound comes by rdpsnd, for which FreeRDP registers rdpdr, and by drdynvc; no other may be joined."""

DEVICES_ANNOUNCED: Final = b"rDAD"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a stick whose office PC stands behind the relay's port."""
    with World(tmp_path) as made:
        made.office.pc = msgspec.structs.replace(made.office.pc, port=PORT)
        made.office.give_pin()
        yield made


def shown(world: World, malice: Malice, seed: int = 1) -> tuple[HostileRdp, ControlClient]:
    """Sign in at the hostile PC; return when the relay has begun."""
    hostile = HostileRdp(world.city.pcs[0], malice, seed)
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="desktop-started", seconds=ENDED_S)
    until(lambda: hostile.told("begun"), seconds=ENDED_S, what="the malice", process=world.agent)
    return hostile, client


@pytest.mark.parametrize("malice", [Malice.CLIPBOARD, Malice.DRIVES, Malice.DYNAMIC])
def test_channels_that_nobody_asked_for_stay_shut(world: World, malice: Malice) -> None:
    """Clipboard, drives, USB, camera and others are not joined; a host that opens them anyway gets no word of them."""
    hostile, _client = shown(world, malice)
    joined, *_ = hostile.told("joined")
    assert set(joined) <= OPENED
    assert set(hostile.told("ids")[0]) == set(joined), "the host gave no channel a number"
    until(lambda: hostile.told("opened"), seconds=SAID_S, what="the opened channels")
    if malice is Malice.DYNAMIC:
        wanted = {FIRST_DYNAMIC + number for number in range(len(DYNAMIC))}
        until(lambda: wanted <= dynamic_answers(hostile).keys(), seconds=SAID_S, what="an answer to each opening")
    else:
        until(lambda: hostile.told("gone"), seconds=SAID_S, what="FreeRDP hanging up")
    for channel, content in hostile.said():
        assert channel in OPENED
        assert DEVICES_ANNOUNCED not in content or content.partition(DEVICES_ANNOUNCED)[2][:4] == bytes(4)
    opened = [f"{number:#x}" for number, status in dynamic_answers(hostile).items() if status == bytes(4)]
    assert opened == [], "dynamic channels were opened"


def dynamic_answers(hostile: HostileRdp) -> dict[int, bytes]:
    """Return by channel what the client has answered to its opening: zero is a yes (MS-RDPEDYC 2.2.2.2)."""
    said = [content for channel, content in hostile.said() if channel == "drdynvc"]
    return {content[9]: content[10:14] for content in said if content[8:9] == bytes([CREATE])}


@pytest.mark.parametrize("malice", [Malice.DAMAGE, Malice.CUT])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 9))])
def test_what_no_host_would_send_breaks_the_desktop_alone(world: World, malice: Malice, seed: int) -> None:
    """FreeRDP may die of it in its cage; the session ends with a sentence, and the stick takes the next sign-in."""
    _hostile, client = shown(world, malice, seed)
    event = client.wait(code=Code.DESKTOP_ENDED.value, seconds=ENDED_S)
    assert event["ja"]["next"]
    assert event["en"]["title"]
    client.wait(step="ready")
    assert not world.programs("xfreerdp3")
    assert world.agent is not None
    assert world.agent.alive
    assert world.home.run(["sh", "-c", "ls /core* /tmp/core* 2>/dev/null"], check=False).stdout == ""
