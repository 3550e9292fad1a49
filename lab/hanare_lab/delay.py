"""A delay line: every frame that enters one interface leaves the other some time later, or is lost.

Two AF_PACKET sockets, one queue a direction. The delay is the same for all, or with jitter by up to that much longer;
frames keep their order, so one that is late holds up those behind it, as in a full queue. Monotonic clock; loss and
jitter are drawn from a seeded generator, so a run can be repeated. The virtio header (packet(7), PACKET_VNET_HDR)
travels along, which keeps half-made checksums valid. Limits: QUEUE_FRAMES waiting frames a direction, then tail drop;
about 20,000 frames a second on one core.
"""

from __future__ import annotations

import argparse
import random
import select
import socket
import sys
import time
from collections import deque

ETH_P_ALL = 0x0003  # linux/if_ether.h
SOL_PACKET = 263  # linux/socket.h
PACKET_VNET_HDR = 15  # linux/if_packet.h
PACKET_IGNORE_OUTGOING = 23  # linux/if_packet.h, Linux 4.20
FRAME_BYTES = 70_000  # the longest segment a veth hands over, and its headers
QUEUE_FRAMES = 4096  # 60 Mbit/s of full frames during 800 ms
BURST_FRAMES = 64  # taken from one socket before the other has its turn
SOCKET_BUFFER_BYTES = 8 * 1024 * 1024
NANOSECONDS_PER_MS = 1_000_000


class Direction:
    """Frames on their way from one socket to the other."""

    def __init__(self, source: socket.socket, target: socket.socket, options: argparse.Namespace, seed: int) -> None:
        self.source = source
        self._target = target
        self._delay = round(options.delay_ms * NANOSECONDS_PER_MS)
        self._jitter = round(options.jitter_ms * NANOSECONDS_PER_MS)
        self._loss = options.loss
        self._random = random.Random(seed)  # noqa: S311 - a repeatable line, not a secret
        self._latest = 0
        self._waiting: deque[tuple[int, bytes]] = deque()

    def take(self) -> None:
        """Read what has arrived and stamp each frame with its deadline."""
        for _ in range(BURST_FRAMES):
            try:
                frame = self.source.recv(FRAME_BYTES)
            except OSError:  # nothing more, or the interface is down for a moment
                return
            lost = self._random.random() < self._loss
            if not lost and len(self._waiting) < QUEUE_FRAMES:
                self._waiting.append((self._deadline(), frame))

    def give(self) -> float | None:
        """Send every frame that is due; return the seconds until the next one, None if none waits."""
        while self._waiting:
            early = self._waiting[0][0] - time.monotonic_ns()
            if early > 0:
                return early / 1e9
            _, frame = self._waiting.popleft()
            try:
                self._target.send(frame)
            except OSError:  # too long for the other end's MTU, or its queue is full: a line loses such frames
                continue
        return None

    def _deadline(self) -> int:
        late = round(self._random.random() * self._jitter)
        self._latest = max(self._latest, time.monotonic_ns() + self._delay + late)
        return self._latest


def main() -> None:
    """Carry frames between two interfaces until killed; prints ``ready`` when it does."""
    parser = argparse.ArgumentParser(prog="hanare_lab.delay", description="a line with delay and loss")
    parser.add_argument("near")
    parser.add_argument("far")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="each way")
    parser.add_argument("--jitter-ms", type=float, default=0.0, help="longest further delay, each way")
    parser.add_argument("--loss", type=float, default=0.0, help="each way, from 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    near, far = _open(options.near), _open(options.far)
    up, down = Direction(near, far, options, options.seed), Direction(far, near, options, options.seed + 1)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _carry(up, down)


def _open(interface: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
    end.bind((interface, ETH_P_ALL))
    end.setblocking(False)
    return end


def _carry(up: Direction, down: Direction) -> None:
    timeout: float | None = None
    while True:
        ready, _, _ = select.select([up.source, down.source], [], [], timeout)
        for direction in (up, down):
            if direction.source in ready:
                direction.take()
        timeout = min((wait for wait in (up.give(), down.give()) if wait is not None), default=None)


if __name__ == "__main__":
    main()
