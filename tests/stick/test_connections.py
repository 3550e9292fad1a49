"""The agent resets connections by the kernel: those from an address that the stick no longer has, and no other."""

import socket

import pytest

from hanare_stick import connections

SECONDS = 5.0
PAYLOAD = b"still here"


@pytest.mark.parametrize(
    ("listener", "left", "kept"),
    [
        ("127.0.0.1", "127.0.0.2", "127.0.0.3"),
        ("::1", "::1", "127.0.0.3"),
    ],
)
def test_only_the_connections_from_these_addresses_end(listener: str, left: str, kept: str) -> None:
    """The one end hears of it at once, as the other does; a connection from another address goes on."""
    with socket.create_server(("127.0.0.1", 0)) as other, _server(listener) as server:
        gone = socket.create_connection(server.getsockname()[:2], SECONDS, (left, 0))
        stays = socket.create_connection(other.getsockname(), SECONDS, (kept, 0))
        there, _ = server.accept()
        across, _ = other.accept()
        there.settimeout(SECONDS)
        with gone, stays, there, across:
            connections.reset([left])
            for end in (gone, there):
                with pytest.raises(ConnectionError):
                    end.recv(1)
            stays.sendall(PAYLOAD)
            assert across.recv(len(PAYLOAD)) == PAYLOAD


def test_no_connection_is_no_error() -> None:
    """An address that nothing comes from, or no address at all, is nothing to do."""
    connections.reset(["192.0.2.1", "2001:db8::1"])
    connections.reset([])


def _server(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, 0), family=family)
