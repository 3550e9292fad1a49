"""`python -m hanare_lab.rdp_relay MALICE SEED PORT BEHIND`: a hostile RDP host between a client and a real one.

Speaks TLS to both sides and reads the RDP in between, which xrdp sends plain inside TLS. Notes as JSON lines which
channels the client joins and what it says on one; after `CALM` messages of the host it opens channels that nobody asked
for, or damages what the host sends. Formats: MS-RDPBCGR 2.2.1.3.4, 2.2.1.4.4 and 2.2.6.1; MS-RDPEDYC 2.2;
MS-RDPECLIP 2.2; MS-RDPEFS 2.2; MCS is T.125 in PER. Only for the lab.
"""

from __future__ import annotations

import json
import random
import select
import socket
import socketserver
import ssl
import struct
import sys
from typing import Any, Final

CALM: Final = 60
"""Whole messages of the host that pass unharmed: the way to the desktop, and some of its pictures."""

FIRST_AND_LAST: Final = 3
FIRST_CHANNEL: Final = 1004
DYNAMIC: Final = (
    "FileRedirectorChannel",
    "URBDRC",
    "RDCamera_Device_Enumerator",
    "CLIPRDR",
    "AUDIO_INPUT",
    "WebAuthN_Channel",
    "PNPDR",
)
CLIPBOARD: Final = (
    bytes.fromhex("070000001000000001000000 0100 0c00 02000000 06000000"),
    bytes.fromhex("0100000000000000"),
    bytes.fromhex("04000000 04000000 0d000000"),
)
"""Capabilities, "I am ready", "give me your text"."""
DRIVES: Final = (
    bytes.fromhex("4472 496e 0100 0c00 01000000"),
    bytes.fromhex("4472 4343 0100 0c00 01000000"),
    bytes.fromhex("4472 4c55"),
)
"""Announce, the client's number confirmed, "somebody has logged on": what devices have you?"""
DYNAMIC_CAPABILITIES: Final = b"\x50\x00\x01\x00"
CREATE: Final = 0x10
FIRST_DYNAMIC: Final = 0xE0
"""Their numbers, far from those that xrdp gives its own."""
CREATES: Final = tuple(bytes([CREATE, FIRST_DYNAMIC + n]) + name.encode() + b"\0" for n, name in enumerate(DYNAMIC))
OPENINGS: Final = {
    "clipboard": ("cliprdr", CLIPBOARD),
    "drives": ("rdpdr", DRIVES),
    "dynamic": ("drdynvc", (DYNAMIC_CAPABILITIES, *CREATES)),
}
"""Malices of their own: a client that ends at one would not hear the next."""

_FROM_CLIENT: Final = 0x64
_TLS: ssl.SSLContext = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
_BEHIND: ssl.SSLContext = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def whole(buffer: bytearray) -> bytes:
    """Take one whole message off the buffer, TPKT or fast-path (MS-RDPBCGR 2.2.9.1.2); empty: it is not whole yet."""
    if len(buffer) < struct.calcsize(">BBH"):
        return b""
    if buffer[0] == 3:  # noqa: PLR2004 - TPKT's version
        size: int = struct.unpack_from(">H", buffer, 2)[0]
    else:
        size = (buffer[1] & 0x7F) << 8 | buffer[2] if buffer[1] & 0x80 else buffer[1]
    if len(buffer) < size:
        return b""
    message = bytes(buffer[:size])
    del buffer[:size]
    return message


def channel_message(channel: int, data: bytes) -> bytes:
    """Return what a host sends to say something on a static channel."""
    body = struct.pack("<II", len(data), FIRST_AND_LAST) + data
    mcs = b"\x68\x00\x01" + struct.pack(">H", channel) + b"\x70" + struct.pack(">H", 0x8000 | len(body)) + body
    return b"\x03\x00" + struct.pack(">H", 7 + len(mcs)) + b"\x02\xf0\x80" + mcs


class Relay(socketserver.BaseRequestHandler):
    """One client's connection."""

    malice = "clipboard"
    seed = 1
    behind = 3389

    def handle(self) -> None:
        """Carry everything both ways until one side closes."""
        self.names: list[str] = []
        self.ids: dict[str, int] = {}
        self.seen = 0
        self.random = random.Random(self.seed)  # noqa: S311 - the same harm again for the same seed
        host = socket.create_connection(("127.0.0.1", self.behind))
        for one, other in ((self.request, host), (host, self.request)):  # X.224: both want TLS
            other.sendall(one.recv(4096))
        self.client = _TLS.wrap_socket(self.request, server_side=True)
        self.host = _BEHIND.wrap_socket(host)
        buffers = {self.client: bytearray(), self.host: bytearray()}
        while all(self._carry(one, buffers[one]) for one in self._ready(list(buffers))):
            pass

    def _ready(self, sockets: list[ssl.SSLSocket]) -> list[ssl.SSLSocket]:
        return [one for one in sockets if one.pending()] or select.select(sockets, [], [])[0]

    def _carry(self, one: ssl.SSLSocket, buffer: bytearray) -> bool:
        data = one.recv(65536)
        buffer += data
        while message := whole(buffer):
            if one is self.client:
                self._from_client(message)
            else:
                self._from_host(message)
        return bool(data)

    def _from_client(self, message: bytes) -> None:
        at = message.find(b"\x03\xc0") if not self.names and b"Duca" in message else -1
        if at > 0:
            (count,) = struct.unpack_from("<I", message, at + 4)
            places = (at + 8 + 12 * number for number in range(count))
            self.names = [message[place : place + 8].rstrip(b"\0").decode() for place in places]
            note(joined=self.names)
        data = message[0] == 3 and message[7:8] == bytes([_FROM_CLIENT])  # noqa: PLR2004 - TPKT's version
        channel = struct.unpack_from(">H", message, 10)[0] if data else 0
        if channel < FIRST_CHANNEL or self.malice not in OPENINGS:
            self.host.sendall(message)
        if channel >= FIRST_CHANNEL:  # the host behind has opened nothing: it would hang up at an answer
            names = {number: name for name, number in self.ids.items()}
            note(said=names.get(channel, str(channel)), content=message[15:].hex()[:400])

    def _from_host(self, message: bytes) -> None:
        self.seen += 1
        at = message.find(b"\x03\x0c") if self.names and not self.ids and b"McDn" in message else -1
        if at > 0:
            (count,) = struct.unpack_from("<H", message, at + 6)
            self.ids = dict(zip(self.names, struct.unpack_from(f"<{count}H", message, at + 8), strict=False))
            note(ids=self.ids)
        self.client.sendall(self._harmed(message))
        if self.seen == CALM:
            note(begun=self.malice)
            if self.malice in OPENINGS:
                self._open(*OPENINGS[self.malice])

    def _harmed(self, message: bytes) -> bytes:
        if self.seen <= CALM or self.malice in OPENINGS:
            return message
        if self.malice == "cut":
            return message[: self.random.randrange(2, len(message))] if self.random.random() < 1 / 5 else message
        damaged = bytearray(message)
        for _ in range(1 + (self.seen - CALM) // 20):
            damaged[self.random.randrange(min(3, len(message) - 1), len(message))] ^= 1 << self.random.randrange(8)
        return bytes(damaged)

    def _open(self, name: str, messages: tuple[bytes, ...]) -> None:
        free = max([FIRST_CHANNEL - 1, *self.ids.values()]) + 1
        for message in messages:
            self.client.sendall(channel_message(self.ids.get(name, free), message))
        note(opened=True)


def note(**what: Any) -> None:
    """Say a fact as one line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Server(socketserver.ThreadingTCPServer):
    """Takes connections; one that breaks is noted."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's
        """Note how a connection ended."""
        note(gone=str(sys.exc_info()[1]))


def main() -> None:
    """Serve until killed."""
    Relay.malice, Relay.seed, port, Relay.behind = sys.argv[1], *map(int, sys.argv[2:5])
    _TLS.load_cert_chain("/etc/xrdp/hanare.pem", "/etc/xrdp/hanare.key")
    _BEHIND.check_hostname, _BEHIND.verify_mode = False, ssl.CERT_NONE
    server = Server(("0.0.0.0", port), Relay)  # noqa: S104 - a machine of the lab
    note(ready=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
