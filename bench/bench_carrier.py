"""What a datagram costs the carrier: processor time of both its ends, by datagram and direction, over the loopback.

The real relay of the stick and the real carrier of the gateway, joined by TLS; the bench is both wireguard-go, sends as
that does (joined datagrams of one length, WireGuard's longest here) and waits for what comes out, at most WINDOW at
once. Processor time, unlike throughput, hardly feels what else the machine does. What two cores could carry if they did
nothing else follows from the dearer end: each end is one thread.
"""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench import processor
from bench.report import Row, publish
from hanare_core import wire
from hanare_core.carrier import ANCILLARY_BYTES, GROUP, RECEIVE_BYTES, UDP_GRO, grouped, parted
from hanare_core.pinned_key import key_of
from hanare_core.site import Endpoint
from hanare_lab.installation import certificate
from hanare_lab.wait import listens, until
from hanare_stick.carrier_target import Target
from hanare_stick.uapi import LOOPBACK

DATAGRAMS: Final = 100_000
LENGTH: Final = 1312
"""An inner packet of 1280 bytes in WireGuard's transport message."""
INNER_BITS: Final = 1280 * 8
WINDOW: Final = 4 * GROUP
NAME: Final = "vpn.city.example"
CARRIER_PORT: Final = 20443
WIREGUARD_PORT: Final = 20820
RELAY_PORT: Final = 20821
START_S: Final = 60.0
LOST_S: Final = 1.0
"""Silence after which what is missing counts as lost."""

_CARRIER: Final = f"""
import asyncio, pathlib, ssl, sys
from hanare_gateway.carrier.server import listen, serve
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version, context.num_tickets = ssl.TLSVersion.TLSv1_3, 0
context.load_cert_chain("carrier.pem", "carrier.key")
listeners = listen({CARRIER_PORT})
print("ready", flush=True)
asyncio.run(serve(listeners, context, {WIREGUARD_PORT}))
"""


def main() -> None:
    """Measure both directions and publish."""
    rows: list[Row] = []
    with (
        TemporaryDirectory() as folder,
        _gateway_side() as gateway,
        _stick_side() as stick,
        _ends(Path(folder)) as ends,
    ):
        peer = _first(stick, gateway)
        rows += _direction("up", ends, lambda data, told: stick.sendmsg([data], told), gateway)
        rows += _direction("down", ends, lambda data, told: gateway.sendmsg([data], told, 0, peer), stick)
    publish("carrier", rows)


@contextmanager
def _gateway_side() -> Iterator[socket.socket]:
    with _udp(socket.AF_INET) as made:
        made.bind(("127.0.0.1", WIREGUARD_PORT))
        yield made


@contextmanager
def _stick_side() -> Iterator[socket.socket]:
    with _udp(socket.AF_INET6 if ":" in LOOPBACK else socket.AF_INET) as made:
        made.bind((LOOPBACK, 0))
        made.connect((LOOPBACK, RELAY_PORT))
        yield made


def _udp(family: socket.AddressFamily) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    made.settimeout(LOST_S)
    return made


@contextmanager
def _ends(folder: Path) -> Iterator[dict[str, int]]:
    """Start carrier and relay; give their process ids by name."""
    public, private = certificate.make(NAME)
    (folder / "carrier.pem").write_bytes(public)
    (folder / "carrier.key").write_bytes(private)
    target = Target(
        port=RELAY_PORT,
        places=(Endpoint(address="127.0.0.1", port=CARRIER_PORT),),
        name=NAME,
        key=key_of(ssl.PEM_cert_to_DER_cert(public.decode())),
    )
    control = socket.socket(socket.AF_UNIX)
    control.bind(str(folder / "relay.sock"))
    handed = control.fileno()
    relay = [sys.executable, "-m", "hanare_stick.carrier_relay", wire.encode(target).decode(), str(handed)]
    with (
        control,
        subprocess.Popen([sys.executable, "-c", _CARRIER], cwd=folder, stdout=subprocess.PIPE, text=True) as carrier,
        subprocess.Popen(relay, pass_fds=[handed]) as stick,
    ):
        try:
            assert carrier.stdout is not None
            assert carrier.stdout.readline() == "ready\n"
            until(listens(folder / "relay.sock"), seconds=START_S, what="the relay")
            yield {"carrier": carrier.pid, "relay": stick.pid}
        finally:
            carrier.kill()
            stick.kill()


def _first(stick: socket.socket, gateway: socket.socket) -> tuple[str, int]:
    """Send until the line is up and one has come through; return where the gateway's side answers to."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        stick.send(b"first")
        try:
            peer: tuple[str, int] = gateway.recvfrom(RECEIVE_BYTES)[1]
        except TimeoutError:
            continue
        return peer
    raise RuntimeError("nothing came through the carrier")


def _direction(name: str, ends: dict[str, int], send: Callable[..., object], receiver: socket.socket) -> list[Row]:
    message, told = next(grouped([os.urandom(LENGTH)] * GROUP))
    before, start_s = processor.used_ms(ends), time.monotonic()
    sent = come = lost = 0
    while sent < DATAGRAMS:
        send(message, told)
        sent += GROUP
        while sent - come - lost > WINDOW:
            came = _come(receiver)
            come += came
            lost += 0 if came else sent - come - lost
    while come + lost < sent and (came := _come(receiver)):
        come += came
    seconds, used = time.monotonic() - start_s, processor.used_ms(ends)
    each = {end: (used[end] - before[end]) * 1000 / come for end in ends}
    rows = [Row(f"{name}_{end}_us_a_datagram", spent, "us", come) for end, spent in each.items()]
    most = INNER_BITS / max(each.values())
    return [
        *rows,
        Row(f"{name}_most_mbit", most, "Mbit/s", come, "if the dearer end had a core for itself"),
        Row(f"{name}_come_share", come / sent, "", sent),
        Row(f"{name}_mbit", come * INNER_BITS / seconds / 1e6, "Mbit/s", come, "beside what else runs"),
    ]


def _come(receiver: socket.socket) -> int:
    try:
        data, told, *_ = receiver.recvmsg(RECEIVE_BYTES, ANCILLARY_BYTES)
    except TimeoutError:
        return 0
    return len(parted(data, told))


if __name__ == "__main__":
    main()
