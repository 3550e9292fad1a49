"""A byte there and back: `serve PORT`, and `ping ADDRESS PORT COUNT`, which prints each round trip in ms.

The client tries to connect until the path stands and prints first the wall time in ns at which it did. Standard library
only: it runs on any Python 3.
"""

import socket
import socketserver
import sys
import time
from typing import Final

TRY_S: Final = 0.25
WAIT_S: Final = 30.0
PACE_S: Final = 0.01


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except OSError:
            return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def serve(port: int) -> None:
    """Send back what comes, until killed."""
    with _Server(("0.0.0.0", port), _Echo) as server:  # noqa: S104 - a machine of the lab
        server.serve_forever()


def ping(address: str, port: int, count: int) -> None:
    """Print when the path stood, then `count` round trips."""
    with _connected(address, port) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.settimeout(WAIT_S)
        print(time.time_ns(), flush=True)
        for _ in range(count):
            start = time.perf_counter()
            stream.sendall(b"x")
            stream.recv(1)
            print((time.perf_counter() - start) * 1000, flush=True)
            time.sleep(PACE_S)


def _connected(address: str, port: int) -> socket.socket:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return socket.create_connection((address, port), TRY_S)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.002)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        ping(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
