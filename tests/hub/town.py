"""A hub process with its sockets in a directory, and the peers that dial it."""

import json
import os
import socket
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

from nacl.signing import SigningKey
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect
from websockets.uri import parse_uri

from hanare_core import signed, wire
from hanare_core.messages import gateway, local, stick
from hanare_core.problems import Code
from hanare_core.signed import Kind
from tests.hub.keys import ORGANISATION, key_of
from tests.hub.peers import LOCAL_SOCKET, GatewayPeer, LocalPeer, Peer, StickPeer
from tests.process import Process

START_WAIT_S: Final = 60.0


class Hub(Process):
    """A hub process with its sockets in a directory."""

    def __init__(self, directory: Path, database: str, **changes: object) -> None:
        self._directory = directory
        self._channel = directory / "channel.sock"
        self._local = directory / LOCAL_SOCKET
        settings: dict[str, object] = {
            "database": database,
            "channel_socket": str(self._channel),
            "local_socket": str(self._local),
            "local_uids": [os.geteuid()],
            **changes,
        }
        self._settings = directory / "hub.toml"
        self._settings.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        command = [sys.executable, "-m", "hanare_hub", self._settings]
        super().__init__(command, directory / "hub.log", listens=[self._channel])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def dial(self, path: str) -> ClientConnection:
        """Open a WebSocket; repeats while the hub has not read its database yet."""
        deadline = time.monotonic() + START_WAIT_S
        while True:
            try:
                return self.dial_once(path)
            except InvalidStatus as refused:
                assert refused.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def dial_once(self, path: str) -> ClientConnection:
        """Open a WebSocket, or raise."""
        return unix_connect(str(self._channel), f"ws://hub{path}", compression=None, max_size=None, ping_interval=None)

    def gateway(self, name: str = "gateway-1", key: SigningKey | None = None) -> GatewayPeer:
        """Introduce a gateway."""
        return GatewayPeer(self.dial(gateway.PATH), name, key or key_of(name))

    def deaf_gateway(self) -> socket.socket:
        """Introduce gateway-1 by hand over a small receive buffer, and read nothing after its hello."""
        raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect(str(self._channel))
        protocol = ClientProtocol(parse_uri(f"ws://hub{gateway.PATH}"))
        protocol.send_request(protocol.connect())
        raw.sendall(b"".join(protocol.data_to_send()))
        events: list[Any] = []
        while len(events) < 2:
            protocol.receive_data(raw.recv(4_096))
            events += protocol.events_received()
        nonce = wire.decode(events[1].data, gateway.Challenge).nonce
        body = gateway.HelloBody(nonce, "gateway-1")
        statement = signed.sign(Kind.CHANNEL_GATEWAY, body, key_of("gateway-1"))
        protocol.send_text(wire.encode(gateway.Hello(wire.PROTOCOL_VERSION, statement, 0, 0)))
        raw.sendall(b"".join(protocol.data_to_send()))
        return raw

    def stick(self, name: str = "stick-1", key: SigningKey | None = None) -> StickPeer:
        """Introduce a stick."""
        return StickPeer(self.dial(stick.PATH), name, key or key_of(name))

    def page(self, token: str) -> Peer:
        """Open a console page's channel."""
        peer = Peer(self.dial(local.LIVE_PATH))
        peer.send(local.LiveHello(token))
        return peer

    def reach(self, revision: int) -> None:
        """Wait until the hub has read the revision: only then does it know that a lease is not there."""
        server = self.server()
        answer = server.ask(local.AwaitLease(ORGANISATION, "no-lease", revision, 5_000), local.LeaseAnswer)
        server.close()
        assert answer.code is Code.LEASE_ENDED

    def server(self) -> LocalPeer:
        """Open the server's socket."""
        return LocalPeer(self._local)
