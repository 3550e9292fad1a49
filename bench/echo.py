"""A byte there and back: `serve PORT`, and `ping ADDRESS PORT COUNT`, which prints each round trip in ms.

The client tries to connect until the path stands and prints first the wall time in ns at which it did. Standard library
only: it runs on any Python 3.
"""

import socket
import sys
import time
from typing import Final

from tcp_server import serve

TRY_S: Final = 0.25
WAIT_S: Final = 30.0
PACE_S: Final = 0.01


def echo(connection: socket.socket) -> None:
    """Send back what comes."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        connection.sendall(data)


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
        serve(int(sys.argv[2]), echo)
    else:
        ping(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
