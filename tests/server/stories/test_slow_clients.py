"""F79: clients that send a byte at a time, or nothing, hold a connection of the front and nobody else's page."""

import contextlib
import socket
import time
from urllib.parse import urlsplit

import httpx

SLOW = 200
"""Many times the web process's threads."""

ANSWER_S = 10.0
"""Wide: an answer takes milliseconds."""

HEADS = (
    b"GET /console/sign-in HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /stick/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{",
    b"POST /console/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"",
)


def test_others_are_served_beside_slow_clients(address: str) -> None:
    """With two hundred requests that never end, and as many reset in a row, a page comes at once, again and again."""
    port = urlsplit(address).port or 0
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(SLOW)]
        for number, one in enumerate(slow):
            one.sendall(HEADS[number % len(HEADS)])
        for _ in range(5):
            for one in slow:
                with contextlib.suppress(OSError):
                    one.sendall(b"x")
            for _ in range(SLOW // 5):
                with socket.create_connection(("127.0.0.1", port)) as reset:
                    reset.sendall(b"GET /console/sign-in HTTP/1.1\r\nHost: x\r\n\r\n")
            began = time.monotonic()
            assert httpx.get(f"{address}/console/sign-in", timeout=ANSWER_S, trust_env=False).status_code == 200
            assert time.monotonic() - began < ANSWER_S
