"""Both ends of a living TCP stream, run on machines of the lab: `sink PORT` and `send ADDRESS PORT`.

The sender sends 100 bytes every millisecond, so that the last packet is known to a millisecond; it says `flowing` when
the office PC has acknowledged some. Standard library only: it runs on any Python 3.
"""

import socket
import sys
import time
from typing import Final

from tcp_server import serve

PACE_S: Final = 0.001
PAYLOAD: Final = bytes(100)
SOME: Final = 10
"""Echoes after which the stream counts as flowing."""


def sink(connection: socket.socket) -> None:
    """Send back the first bytes, then throw everything away; say nothing to a stranger such as FreeRDP."""
    echoed = 0
    while data := connection.recv(65536):
        if echoed < SOME and data == bytes(len(data)):
            connection.sendall(data)
            echoed += 1


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
        serve(int(sys.argv[2]), sink)
    else:
        send(sys.argv[2], int(sys.argv[3]))
