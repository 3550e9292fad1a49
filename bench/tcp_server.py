"""A TCP server on a machine of the lab, for the programs beside it. Standard library only: it runs on any Python 3."""

import contextlib
import socket
import socketserver
from collections.abc import Callable


def serve(port: int, answer: Callable[[socket.socket], None]) -> None:
    """Let each connection be answered, in a thread of its own, until killed; a broken one ends alone."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                answer(self.request)

    with _Server(("0.0.0.0", port), Handler) as server:  # noqa: S104 - a machine of the lab
        server.serve_forever()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
