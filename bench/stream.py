"""Both ends of a living TCP stream, run on machines of the lab: `sink PORT` and `send ADDRESS PORT`.

The sender sends 100 bytes every millisecond, so that the last packet is known to a millisecond; it says `flowing` when
the office PC has acknowledged some. Standard library only: it runs on any Python 3.
"""

import socket
import socketserver
import sys
import time
from typing import Final

PACE_S: Final = 0.001
PAYLOAD: Final = bytes(100)
SOME: Final = 10
"""Echoes after which the stream counts as flowing."""


class _Echo(socketserver.BaseRequestHandler):
    """Sends back the first bytes, then throws everything away; says nothing to a stranger such as FreeRDP."""

    def handle(self) -> None:
        try:
            echoed = 0
            while data := self.request.recv(65536):
                if echoed < SOME and data == bytes(len(data)):
                    self.request.sendall(data)
                    echoed += 1
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def sink(port: int) -> None:
    """Take every connection until killed."""
    with _Server(("0.0.0.0", port), _Echo) as server:  # noqa: S104 - a machine of the lab
        server.serve_forever()


def send(address: str, port: int) -> None:
    """Send until the connection breaks."""
    with socket.create_connection((address, port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(SOME):
            stream.sendall(PAYLOAD)
            stream.recv(len(PAYLOAD))
        print("flowing", flush=True)
        try:
            while True:
                stream.sendall(PAYLOAD)
                time.sleep(PACE_S)
        except OSError:
            print("broken", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        sink(int(sys.argv[2]))
    else:
        send(sys.argv[2], int(sys.argv[3]))
