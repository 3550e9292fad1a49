"""The lid's switch among a PC's input devices; the kernel's own one closes in tests/emulated/test_session.py."""

import asyncio
import os
import struct
from pathlib import Path

import pytest

from hanare_stick import lid

EVENT = struct.Struct("@llHHi")
SYNC, KEY, SWITCH = 0, 1, 5
HEARD_S = 10.0
"""A wide bound."""


def add_device(sys: Path, name: str, switches: str) -> None:
    """Add an input device as the kernel shows it."""
    folder = sys / name / "device/capabilities"
    folder.mkdir(parents=True)
    (folder / "sw").write_text(f"{switches}\n")


def events(*each: tuple[int, int, int]) -> bytes:
    """Return events of (type, code, value) as the kernel writes them."""
    return b"".join(EVENT.pack(1, 2, *one) for one in each)


@pytest.fixture(name="pc")
def _pc(tmp_path: Path) -> Path:
    """Give a PC whose devices are a keyboard, a tablet's hinge and, last, a lid."""
    for name, switches in (("event0", "0"), ("event1", "2"), ("event12", "100000000 21")):
        add_device(tmp_path / "sys", name, switches)
        (tmp_path / "dev").mkdir(exist_ok=True)
        os.mkfifo(tmp_path / "dev" / name)
    (tmp_path / "sys/event3").mkdir()
    return tmp_path


async def closings(pc: Path, nodes: dict[str, int]) -> int:
    """Return how often the lid was said to close until a last closing was heard."""
    told = asyncio.Queue[None]()
    task = asyncio.create_task(lid.watch(lambda: told.put_nowait(None), pc / "sys", pc / "dev"))
    try:
        os.write(nodes["event12"], events((SWITCH, 0, 1), (SYNC, 0, 0)))
        async with asyncio.timeout(HEARD_S):
            await told.get()
    finally:
        task.cancel()
    return 1 + told.qsize()


def test_only_a_closing_lid_counts(pc: Path) -> None:
    """Keys, the tablet's hinge, the lid's opening and syncs say nothing, nor does what another device says."""
    nodes = {name: os.open(pc / "dev" / name, os.O_RDWR) for name in ("event0", "event1", "event12")}
    try:
        for name in ("event0", "event1"):
            os.write(nodes[name], events((SWITCH, 0, 1)))
        os.write(nodes["event12"], events((KEY, 0, 1), (SWITCH, 1, 1), (SWITCH, 0, 0), (SYNC, 0, 0)))
        assert asyncio.run(closings(pc, nodes)) == 1
    finally:
        for node in nodes.values():
            os.close(node)
