"""The session's network after its end: whoever still works in it hears an OSError, which everybody there expects."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from hanare_core import wire
from hanare_core.messages.api import OfficePc
from hanare_core.messages.api import Path as GatewayPath
from hanare_core.site import Endpoint, GatewaySite
from hanare_stick import network, shake, uapi
from hanare_stick.follow import Follow
from hanare_stick.line import Line
from hanare_stick.network import SessionNetwork
from hanare_stick.process import Running
from hanare_stick.session import INTERFACE, Facts, Session, Spare
from hanare_stick.uapi import Peer

KEY = wire.key_text(bytes(32))
PC = OfficePc(name="pc1", kind="xrdp", address="10.0.0.1", port=3389, fingerprint="ab" * 32)
FACTS = Facts(
    id="session-1",
    user="kikaku01",
    user_name="kikaku01",
    office_pc=PC,
    paths=(GatewayPath(gateway="gateway-2", lease="lease-1", address="100.64.64.9"),),
    ends_ms=1,
)
PLACE = Endpoint(address="203.0.113.2", port=51820)
LINE = Line(GatewaySite(id="gateway-2", wireguard_key=KEY, endpoints=(PLACE,)), PLACE, carried=False)
ACTS: list[Callable[[SessionNetwork], object]] = [
    lambda inside: inside.address(IPv4Address("100.64.0.9")),
    lambda inside: inside.reset([]),
    lambda inside: inside.connect("127.0.0.1", 9, 1.0),
    lambda inside: inside.enter(),
]


@pytest.mark.parametrize("act", ACTS)
def test_a_closed_network_raises_oserror(act: Callable[[SessionNetwork], object]) -> None:
    """Address, reset, connection and entry alike."""
    inside = SessionNetwork(INTERFACE)
    inside.close()
    with pytest.raises(OSError, match="closed"):
        act(inside)


def test_what_waits_for_its_turn_when_it_is_closed_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One act is under way, the next one waits, and the session ends."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_addresses: Sequence[str]) -> None:
        begun.set()
        go_on.wait()

    monkeypatch.setattr(network, "reset", slow)
    inside = SessionNetwork(INTERFACE)

    async def story() -> list[object]:
        acts = [asyncio.create_task(asyncio.to_thread(inside.reset, [])) for _ in range(2)]
        await asyncio.to_thread(begun.wait)
        while not inside._inside._work_queue.qsize():  # noqa: ASYNC110 - an executor tells nobody
            await asyncio.sleep(0)
        inside.close()
        go_on.set()
        return list(await asyncio.gather(*acts, return_exceptions=True))

    told = asyncio.run(story())
    assert sorted(type(one).__name__ for one in told) == ["NoneType", "OSError"]


def test_a_session_that_ends_during_a_move_ends_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door's change of gateway is told all the same, and the agent goes on."""
    session = Session(Spare(Running(pid=2**22 + 1, started=0), SessionNetwork(INTERFACE)), FACTS, tmp_path)
    told: list[str] = []

    async def shaken(_interface: str, _key: PrivateKey, _peer: Peer) -> bool:
        session.close()
        return True

    async def changed() -> None:
        told.append("changed")

    monkeypatch.setattr(uapi, "peer_key", lambda _: "another")
    monkeypatch.setattr(uapi, "private_key", lambda _: PrivateKey.generate())
    monkeypatch.setattr(network, "_address", lambda _interface, _address: ["100.64.0.9"])
    monkeypatch.setattr(shake, "shake", shaken)
    follow = Follow(lambda: session, lambda step, _: told.append(step), changed)
    asyncio.run(follow.moved(LINE))
    assert told == ["line", "changed"]
