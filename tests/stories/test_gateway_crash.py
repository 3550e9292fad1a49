"""F57, F59: a gateway that loses everything but its disk with 50 sessions on it, and one whose disk is full."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.installation.accounts import GATEWAY as ACCOUNT
from hanare_lab.wait import until
from tests.figures import figure
from tests.gateway import crowd, net
from tests.gateway.papers import Stick
from tests.gateway.site import STATE, Site
from tests.gateway.stream import RDP, Stream, gone

pytestmark = [pytest.mark.lab, pytest.mark.story]

SESSIONS: Final = 50
BACK_S: Final = 60.0
FOLDER: Final = str(Path(STATE).parent)
TTL_MS: Final = 6_000
"""Four seconds are left at each renewal, for an agent on a busy machine."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a gateway whose hub the test speaks for."""
    with Site(tmp_path) as made:
        yield made


def test_fifty_sessions_come_back_after_a_crash(site: Site) -> None:
    """Agent, WireGuard and every rule gone at once: all 50 are back within a minute, and a stream can be opened."""
    site.start_agent()
    site.hub.introduce()
    sticks = [Stick(number) for number in range(1, SESSIONS + 1)]
    leases = tuple(stick.lease((site.pc_address, RDP)) for stick in sticks)
    doors = tuple(stick.door() for stick in sticks)
    site.hub.delta(*leases, doors=doors)
    assert (len(site.elements()), len(site.peers())) == (SESSIONS, 2 * SESSIONS)
    site.session(sticks[0])
    with Stream(site) as stream:
        stream.turn()
    crashed = _crash(site)
    site.hub.introduce(leases=leases, doors=doors)
    until(lambda: len(site.elements()) == SESSIONS, seconds=BACK_S, what="the elements")
    until(lambda: len(site.peers()) == 2 * SESSIONS, seconds=BACK_S, what="the peers")
    # The stick's own WireGuard asks for a new handshake 15 s after the last answer.
    left_s = BACK_S - (time.monotonic() - crashed)
    until(lambda: _streams(site), seconds=left_s, what="a stream through the stick's old tunnel")


@pytest.mark.soak
def test_fifty_tunnels_come_back_after_a_crash(site: Site) -> None:
    """Of fifty sticks with a tunnel of their own every one reaches its office PC again within a minute of the crash."""
    site.start_agent()
    site.hub.introduce()
    sticks = [Stick(number) for number in range(1, SESSIONS + 1)]
    leases = tuple(stick.lease((site.pc_address, RDP)) for stick in sticks)
    numbers = {stick.number for stick in sticks}
    site.hub.delta(*leases)
    with net.listen(site.pc, site.pc_address, RDP):
        for stick in sticks:
            crowd.tunnel(site, stick)
        assert crowd.connect(site, numbers) == numbers
        crashed = _crash(site)
        site.hub.introduce(leases=leases)
        waits_s = BACK_S - (time.monotonic() - crashed)
        assert crowd.connect(site, numbers, seconds=waits_s) == numbers
        figure("fifty_back", time.monotonic() - crashed, "s")


def _crash(site: Site) -> float:
    """Take agent, WireGuard and every rule away at once and start the two anew; return when it was."""
    assert site.agent is not None
    for process in (site.agent, site.wireguard):
        process.kill()
    site.nft("delete table inet hanare")
    (site.gateway.root / "run/wireguard/wg0.sock").unlink(missing_ok=True)
    site.hub.forget()
    crashed = time.monotonic()
    site.wireguard = site.start_wireguard()
    site.start_agent()
    return crashed


def _streams(site: Site) -> bool:
    try:
        with Stream(site) as stream:
            stream.turn()
    except OSError:  # nothing answers yet, or a reset of what was
        return False
    return True


def test_a_full_disk_stops_nobody_and_no_stop(site: Site) -> None:
    """With no room for its state a gateway still opens, renews and stops sessions, and says that it could not write."""
    size = f"size=16k,mode=0700,uid={ACCOUNT.uid},gid={ACCOUNT.gid}"
    site.gateway.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", FOLDER])
    site.start_agent()
    site.hub.introduce()
    site.gateway.run(["dd", "if=/dev/zero", f"of={FOLDER}/fill", "bs=4096"], check=False)
    one, two = Stick(1), Stick(2)
    leases = [stick.lease((site.pc_address, RDP), ttl_ms=TTL_MS) for stick in (one, two)]
    assert not site.hub.delta(*leases).rejected
    time.sleep(1.5 * TTL_MS / 1000)  # longer than a TTL: what is still there was renewed
    assert len(site.elements()) == len(leases)
    assert len(site.hub.delta(gone(leases[0])).receipts) == 1
    assert len(site.elements()) == 1
    until(lambda: any("state not kept" in line.values() for line in site.log()), seconds=BACK_S, what="the word of it")
    site.gateway.run(["rm", f"{FOLDER}/fill"])
    assert site.hub.delta(gone(leases[1])).receipts[0].lease == leases[1].lease
    assert leases[0].lease in site.gateway.run(["cat", STATE]).stdout
