"""The PC's lid, as the kernel's switch tells it: a lid that closes covers the screen (F38).

Only the closing counts: a laptop that stands closed beside a screen of its own can be unlocked and worked at.
An event is the kernel's struct input_event (linux/input.h), read as it is: the libraries for it are compiled.
"""

import asyncio
import contextlib
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

DEVICES: Final = Path("/sys/class/input")
NODES: Final = Path("/dev/input")

SOUGHT_S: Final = 5.0
"""Between two looks for switches: the driver of the lid may come after the agent."""

_EVENT: Final = struct.Struct("@llHHi")
_SWITCH, _LID, _CLOSED = 5, 0, 1


async def watch(closed: Callable[[], None], devices: Path = DEVICES, nodes: Path = NODES) -> None:
    """Call `closed` whenever a lid closes, for ever."""
    heard: dict[str, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as tasks:
        while True:
            for name in _lids(devices):
                if name not in heard or heard[name].done():
                    heard[name] = tasks.create_task(_hear(nodes / name, closed))
            await asyncio.sleep(SOUGHT_S)


def _lids(devices: Path) -> Iterator[str]:
    """Find the event devices that have a lid's switch: bit 0 of their switches."""
    for device in devices.glob("event*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it went away meanwhile
            switches = (device / "device/capabilities/sw").read_text("ascii").split()
            if int(switches[-1], 16) >> _LID & 1:
                yield device.name


async def _hear(node: Path, closed: Callable[[], None]) -> None:
    """Read one switch until its device goes away."""
    reader = asyncio.StreamReader()
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.open(node, os.O_RDONLY | os.O_NONBLOCK), "rb", 0)
        )
        with contextlib.closing(transport):
            while True:
                _, _, kind, code, value = _EVENT.unpack(await reader.readexactly(_EVENT.size))
                if (kind, code, value) == (_SWITCH, _LID, _CLOSED):
                    closed()
