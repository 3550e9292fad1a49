"""Many real tunnels of one home PC: a wireguard-go each, and a living TCP stream through each. Standard library only.

`crowd_home.py TUNNELS.json PACE.json`: brings them up, says `flowing`, then sends 100 bytes on each stream every
`pace_ms` and on those of `fast` every `fast_ms`, as PACE.json says at that moment. Once the office PC has acknowledged
what those of `fast` have sent in this `round`, it says `living ROUND`. Streams that break are left.
"""

import fcntl
import json
import socket
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any, Final

SOCKETS: Final = Path("/var/run/wireguard")
PAYLOAD: Final = bytes(100)
LOOK_S: Final = 0.02
SHORTEST_S: Final = 0.0003
WAIT_S: Final = 60.0
FIRST_TABLE: Final = 1000
SOME: Final = 10
"""Payloads that a stream must have sent in a round."""
WAITING: Final = 3 * len(PAYLOAD)
"""Bytes that may still wait for an acknowledgement on a stream that lives."""


def main() -> None:
    """Bring up, then send until killed."""
    asked, pace = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    tunnels = asked["tunnels"]
    for number in range(len(tunnels)):
        subprocess.Popen(["wireguard-go", "-f", f"cr{number}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for number, tunnel in enumerate(tunnels):
        _configure(number, tunnel, asked)
    _lead(tunnels)
    streams = {number: _open(tunnel["address"], asked) for number, tunnel in enumerate(tunnels)}
    print("flowing", flush=True)
    _send(streams, pace)


def _configure(number: int, tunnel: dict[str, str], asked: dict[str, Any]) -> None:
    path = SOCKETS / f"cr{number}.sock"
    lines = [
        "set=1",
        f"private_key={tunnel['key']}",
        f"public_key={asked['gateway_key']}",
        f"endpoint={asked['endpoint']}",
        "persistent_keepalive_interval=25",
        "allowed_ip=0.0.0.0/0",
    ]
    with _connected(path) as connection:
        connection.sendall("".join(f"{line}\n" for line in [*lines, ""]).encode())
        answer = connection.recv(4096)
    if b"errno=0" not in answer:
        raise RuntimeError(f"wireguard-go: {answer!r}")


def _connected(path: Path) -> socket.socket:
    """Connect as soon as wireguard-go listens."""
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return connection


def _lead(tunnels: list[dict[str, str]]) -> None:
    """Give each tunnel its address, and lead what has that source into it."""
    lines = []
    for number, tunnel in enumerate(tunnels):
        table = FIRST_TABLE + number
        lines += [
            f"addr add {tunnel['address']}/32 dev cr{number}",
            f"link set cr{number} mtu 1280 up",
            f"route add default dev cr{number} table {table}",
            f"rule add from {tunnel['address']} table {table}",
        ]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def _open(address: str, asked: dict[str, Any]) -> socket.socket:
    stream = socket.create_connection(tuple(asked["target"]), timeout=WAIT_S, source_address=(address, 0))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.sendall(PAYLOAD)
    stream.recv(len(PAYLOAD))
    stream.setblocking(False)
    return stream


def _asked(pace: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(pace.read_text()))
    except ValueError:  # it is being written
        return None


def _send(streams: dict[int, socket.socket], pace: Path) -> None:
    looked, asked = 0.0, {"pace_ms": 500, "fast": [], "fast_ms": 500, "round": 0}
    due = {number: time.monotonic() + number * 0.0005 for number in streams}
    sent = dict.fromkeys(streams, 0)
    said = 0
    while streams:
        now = time.monotonic()
        if now - looked > LOOK_S:
            looked, before, asked = now, asked, _asked(pace) or asked
            if asked["round"] != before["round"]:
                sent = dict.fromkeys(streams, 0)
            if asked["round"] != said and _living(streams, sent, asked["fast"]):
                said = asked["round"]
                print("living", said, flush=True)
        _turn(streams, due, sent, asked, now)
        first = min((due[number] for number in streams), default=now)
        time.sleep(min(max(first - time.monotonic(), SHORTEST_S), LOOK_S))


def _turn(
    streams: dict[int, socket.socket], due: dict[int, float], sent: dict[int, int], asked: dict[str, Any], now: float
) -> None:
    """Send on every stream whose time has come."""
    fast = set(asked["fast"])
    for number, stream in list(streams.items()):
        step = asked["fast_ms" if number in fast else "pace_ms"] / 1000
        due[number] = min(due[number], now + step)
        if now < due[number]:
            continue
        due[number] = now + step
        try:
            stream.send(PAYLOAD)
            sent[number] += 1
        except BlockingIOError:
            continue
        except OSError as error:
            print("broken", number, error, flush=True)
            del streams[number]


def _living(streams: dict[int, socket.socket], sent: dict[int, int], fast: list[int]) -> bool:
    """Say whether these streams send and are acknowledged."""
    return all(number in streams and sent[number] >= SOME and _waiting(streams[number]) <= WAITING for number in fast)


def _waiting(stream: socket.socket) -> int:
    """Return how many bytes were not acknowledged yet (SIOCOUTQ)."""
    return int(struct.unpack("i", fcntl.ioctl(stream, termios.TIOCOUTQ, bytes(4)))[0])


main()
