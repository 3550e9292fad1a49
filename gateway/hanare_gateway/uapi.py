"""wireguard-go by its UAPI unix socket (https://www.wireguard.com/xplatform/): one connection, kept open.

Much faster than wg(8): 0.2 ms a peer. Limit: the answer to `get=1` takes about 300 bytes a peer.
"""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from hanare_core import wire
from hanare_core.kernel import AddPeer, PeerFact, RemovePeer
from hanare_gateway.errors import KernelError

TIMEOUT_S: Final = 5.0
"""A set of 10,000 peers takes 2.2 s."""

_NEXT_PEER: Final = "public_key="
_READ_BYTES: Final = 1 << 20

_V4_BITS: Final = 32
_V6_BITS: Final = 128

_BATCH: Final = 500
"""Peers in one request: bounds how long one request can take."""


class UapiWireguard:
    """A wireguard-go process that was started by someone else; its socket must be open to the agent."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: socket.socket | None = None
        self._asked = False
        """Whether an answer is on its way that nobody has read."""
        self._read: dict[str, tuple[str, PeerFact]] = {}
        """What each peer's lines of the last look say: most peers are silent, and reading them anew takes longest."""

    def configure(self, private_key: bytes, port: int) -> None:
        """Set key and port where they differ: setting the port anew would close the socket for a moment."""
        now = _fields(self._ask(["get=1"]).partition(_NEXT_PEER)[0])
        wanted = {"private_key": private_key.hex(), "listen_port": str(port)}
        lines = [f"{name}={value}" for name, value in wanted.items() if now.get(name) != value]
        if lines:
            self._ask(["set=1", *lines])

    def change(self, operations: Sequence[AddPeer | RemovePeer]) -> None:
        """Add and remove peers, in order."""
        for start in range(0, len(operations), _BATCH):
            batch = operations[start : start + _BATCH]
            self._ask(["set=1", *(line for operation in batch for line in _lines(operation))])

    def ask_peers(self) -> Callable[[], Mapping[str, PeerFact]]:
        """Ask for every peer; what is returned reads the answer, which takes a while to come."""
        self._send(["get=1"])
        return self._peers

    def _peers(self) -> Mapping[str, PeerFact]:
        _, *told = self._answer().split(_NEXT_PEER)
        self._read = {lines: self._read.get(lines) or _peer(lines) for lines in told}
        return dict(self._read.values())

    def _ask(self, lines: list[str]) -> str:
        self._send(lines)
        return self._answer()

    def _send(self, lines: list[str]) -> None:
        """Ask; a broken connection is not tried again here, the agent's next cycle does."""
        if self._asked:
            self._give_up()
        try:
            self._connection = self._connection or self._connect()
            self._connection.sendall("".join(f"{line}\n" for line in [*lines, ""]).encode())
        except OSError as error:
            self._give_up()
            raise KernelError(f"wireguard: {error}") from error
        self._asked = True

    def _answer(self) -> str:
        try:
            answer = _read(self._connection) if self._connection else ""
        except (OSError, ValueError) as error:
            self._give_up()
            raise KernelError(f"wireguard: {error}") from error
        content, _, errno = answer.rpartition("errno=")
        self._asked = False
        if errno.strip() != "0":
            self._give_up()
            raise KernelError(f"wireguard: errno={errno.strip() or 'no answer'}")
        return content

    def _give_up(self) -> None:
        """Leave the connection, with whatever would still come by it."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._asked = None, False

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT_S)
        connection.connect(self._path)
        return connection


def _read(connection: socket.socket) -> str:
    """Read up to the empty line that ends an answer; what a dying process sent is returned as it is."""
    parts = []
    while part := connection.recv(_READ_BYTES):
        parts.append(part)
        if part.endswith(b"\n\n") or (part == b"\n" and b"".join(parts[-2:]).endswith(b"\n\n")):
            break
    return b"".join(parts).decode()


def _lines(operation: AddPeer | RemovePeer) -> Iterator[str]:
    yield f"public_key={wire.key_bytes(operation.key).hex()}"
    if isinstance(operation, RemovePeer):
        yield "remove=true"
        return
    yield "replace_allowed_ips=true"
    yield f"allowed_ip={operation.address}/{_V6_BITS if ':' in operation.address else _V4_BITS}"


def _fields(lines: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines.split("\n") if line)


def _peer(lines: str) -> tuple[str, PeerFact]:
    """Read what follows `public_key=`; of several allowed addresses the last."""
    key, _, rest = lines.partition("\n")
    fields = _fields(rest)
    seconds, nanoseconds = int(fields["last_handshake_time_sec"]), int(fields["last_handshake_time_nsec"])
    return wire.key_text(bytes.fromhex(key)), PeerFact(
        address=fields.get("allowed_ip", "").partition("/")[0],
        received=int(fields["rx_bytes"]),
        sent=int(fields["tx_bytes"]),
        handshake_wall_ms=seconds * 1000 + nanoseconds // 1_000_000,
        endpoint=fields.get("endpoint", "").rpartition(":")[0].strip("[]"),
    )
