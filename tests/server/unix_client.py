"""What posts to the web process as nginx does."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

from tests.server.front import Gunicorn

WAIT_SECONDS: Final = 60.0
"""Wide bound of an answer."""


@dataclass
class Answer:
    """What the stick's side reads of an answer."""

    status_code: int
    content: bytes


class UnixClient:
    """Posts to the web process as nginx does; takes Django's test client's place."""

    def __init__(self, gunicorn: Gunicorn) -> None:
        self.gunicorn = gunicorn
        self._path = str(gunicorn.socket)

    def post(self, path: str, body: bytes, *, REMOTE_ADDR: str, **_: Any) -> Answer:  # noqa: N803 as Django's client
        """Send one request, with the source in nginx's header."""
        connection = HTTPConnection("localhost", timeout=WAIT_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(WAIT_SECONDS)
        connection.sock.connect(self._path)
        headers = {"X-Real-IP": REMOTE_ADDR, "Content-Type": "application/json"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.read())
        connection.close()
        return found
