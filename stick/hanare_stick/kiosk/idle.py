"""How long nobody has touched keyboard, mouse or touch pad: the kernel's own input events, looked for once a second.

The compositor's ext-idle-notify-v1 is not asked: any window can hold it off (ADR 27). What counts are keys, buttons
and touches (EV_KEY) and movement (EV_REL), which no program on the stick can make; a key that repeats by itself counts
no more than it does for libinput, and a sensor's values (EV_ABS alone) not at all.
An event is the kernel's struct input_event (linux/input.h), read as it is: the libraries for it are compiled.
"""

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

NODES: Final = Path("/dev/input")

READ_BYTES: Final = 65_536
"""More than the kernel keeps for one reader of one device."""

_EVENT: Final = struct.Struct("@llHHi")
_KEY, _RELATIVE = 1, 2
_REPEATED: Final = 2


class Idleness:
    """Calls `idled(seconds)` once when nobody moved for each of the times that `watch` set.

    What counts is the last touch, also one before the times were set: whoever signs in types, and an agent that was
    started again tells a session that nobody may have touched for long. Times are in monotonic seconds.
    """

    def __init__(self, idled: Callable[[int], None], now: float, nodes: Path = NODES) -> None:
        self._idled = idled
        self._nodes = nodes
        self._open: dict[str, int] = {}
        self._watched: frozenset[int] = frozenset()
        self._told: frozenset[int] = frozenset()
        self._since = now

    def watch(self, *seconds: int) -> None:
        """Watch these times and no others; one that has passed is told again: who had to hear it may have been away."""
        self._watched, self._told = frozenset(seconds), frozenset()

    def look(self, now: float) -> None:
        """Take in what was touched since the last look, and tell each time that has passed without."""
        self._find_devices()
        if self._touched():
            self._since, self._told = now, frozenset()
        for seconds in sorted(self._watched - self._told):
            if now - self._since >= seconds:
                self._told |= {seconds}
                self._idled(seconds)

    def _find_devices(self) -> None:
        """Open what is new: a keyboard may be plugged in at any time, and udev gives it to us a moment later."""
        for node in self._nodes.glob("event*"):
            if node.name not in self._open:
                with contextlib.suppress(OSError):
                    self._open[node.name] = os.open(node, os.O_RDONLY | os.O_NONBLOCK)

    def _touched(self) -> bool:
        """Read every device; one that was unplugged goes."""
        touched = False
        for name, device in list(self._open.items()):
            try:
                touched |= _by_hand(os.read(device, READ_BYTES))
            except BlockingIOError:
                continue
            except OSError:
                os.close(self._open.pop(name))
        return touched


def _by_hand(events: bytes) -> bool:
    """Say whether a hand made one of these events."""
    whole = events[: len(events) - len(events) % _EVENT.size]
    return any(
        kind == _RELATIVE or (kind == _KEY and value != _REPEATED) for _, _, kind, _, value in _EVENT.iter_unpack(whole)
    )
