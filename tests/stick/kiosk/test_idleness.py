"""What counts as a hand: events as the kernel writes them, in pipes that stand for its devices."""

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hanare_stick.kiosk.idle import Idleness

EVENT = struct.Struct("@llHHi")
SYNC, KEY, RELATIVE, ABSOLUTE, SWITCH, LED = 0, 1, 2, 3, 5, 17
LOCK_S, END_S = 60, 180


class Pc:
    """A PC's devices, and what was told of its idleness."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder = folder
        self._opened = opened
        self.told: list[int] = []
        self.idle = Idleness(self.told.append, 0.0, folder)

    def plug(self, name: str) -> int:
        """Plug a device in; return where the kernel writes."""
        os.mkfifo(self._folder / name)
        node = os.open(self._folder / name, os.O_RDWR)
        self._opened.callback(os.close, node)
        return node


@pytest.fixture(name="pc")
def _pc(tmp_path: Path) -> Iterator[Pc]:
    with ExitStack() as opened:
        yield Pc(tmp_path, opened)


def happens(node: int, kind: int, value: int) -> None:
    os.write(node, EVENT.pack(1, 2, kind, 30, value) + EVENT.pack(1, 2, SYNC, 0, 0))


def test_each_time_is_told_once(pc: Pc) -> None:
    """Nobody moves: the lock's time comes, then the end's, each once; with a key pressed both begin anew."""
    keyboard = pc.plug("event0")
    pc.idle.watch(LOCK_S, END_S)
    for now in range(END_S + 20):
        pc.idle.look(float(now))
    assert pc.told == [LOCK_S, END_S]
    happens(keyboard, KEY, 1)
    pc.idle.look(1300.0)
    pc.idle.look(1300.0 + LOCK_S - 1)
    assert pc.told == [LOCK_S, END_S]
    pc.idle.look(1300.0 + LOCK_S)
    assert pc.told == [LOCK_S, END_S, LOCK_S]


def test_what_has_passed_is_told_again_to_whoever_was_away(pc: Pc) -> None:
    """The agent is back and tells its session anew: a lock or an end that it did not hear is asked for again."""
    pc.plug("event0")
    pc.idle.watch(LOCK_S, END_S)
    pc.idle.look(float(LOCK_S))
    pc.idle.watch(LOCK_S, END_S)
    pc.idle.look(71.0)
    assert pc.told == [LOCK_S, LOCK_S]


@pytest.mark.parametrize(
    ("kind", "value", "counts"),
    [
        (KEY, 1, True),
        (KEY, 0, True),
        (RELATIVE, -3, True),
        (KEY, 2, False),
        (ABSOLUTE, 512, False),
        (SWITCH, 1, False),
        (LED, 1, False),
    ],
)
def test_only_a_hand_counts(pc: Pc, kind: int, value: int, *, counts: bool) -> None:
    """Keys, buttons, touches and movement; no key that lies under a book, no sensor, no lid, no lamp of a keyboard."""
    device = pc.plug("event0")
    pc.idle.watch(LOCK_S)
    happens(device, kind, value)
    pc.idle.look(30.0)
    pc.idle.look(float(LOCK_S))
    assert pc.told == ([] if counts else [LOCK_S])


def test_devices_come_and_go(pc: Pc, tmp_path: Path) -> None:
    """A mouse plugged in while one works is heard beside the keyboard; one that is no device at all is nothing."""
    (tmp_path / "event9").mkdir()
    pc.plug("event0")
    pc.idle.watch(LOCK_S)
    pc.idle.look(20.0)
    happens(pc.plug("event1"), RELATIVE, 1)
    pc.idle.look(40.0)
    pc.idle.look(float(LOCK_S) + 39)
    assert pc.told == []


def test_the_last_touch_counts(pc: Pc) -> None:
    """Without a session nothing is told. An agent that comes back tells its session anew: idleness goes on."""
    device = pc.plug("event0")
    pc.idle.look(500.0)
    assert pc.told == []
    happens(device, KEY, 1)
    pc.idle.look(510.0)
    pc.idle.watch(LOCK_S)
    pc.idle.look(510.0 + LOCK_S - 1)
    pc.idle.watch()
    pc.idle.look(510.0 + LOCK_S)
    assert pc.told == []
    pc.idle.watch(LOCK_S)
    pc.idle.look(511.0 + LOCK_S)
    assert pc.told == [LOCK_S]
