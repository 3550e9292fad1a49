"""The server's side of keyd's socket (`hanare_core.messages.keyd`)."""

import functools
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings

from hanare_core import wire
from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server.sockets import LineClient, Unreachable

ANSWER_SECONDS: Final = 10.0
"""keyd answers in milliseconds; a storm of sign-ins or a slow disk's fsync may queue up to some seconds."""

A = TypeVar("A", bound=keyd.Answer)

# msgspec decodes a union by its tags; mypy knows no type[] of a union.
_ANY_ANSWER: Final[Any] = keyd.AnyAnswer


def ask(request: keyd.AnyRequest, shape: type[A]) -> A:
    """Return keyd's answer; raises the Problem with which it refused, or Problem(KEYD_UNREACHABLE)."""
    try:
        line = _client().exchange(wire.encode(request), seconds=ANSWER_SECONDS)
    except Unreachable as error:
        raise Problem(Code.KEYD_UNREACHABLE) from error
    answer = _decode(line)
    if isinstance(answer, keyd.RefusalAnswer):
        raise Problem(answer.code, detail=answer.detail)
    if not isinstance(answer, shape):
        raise Problem(Code.KEYD_UNREACHABLE)
    return answer


def _decode(line: bytes) -> keyd.AnyAnswer:
    try:
        answer: keyd.AnyAnswer = wire.decode(line, _ANY_ANSWER)
    except Problem as error:
        raise Problem(Code.KEYD_UNREACHABLE) from error
    return answer


def _client() -> LineClient:
    return _client_at(str(settings.HANARE.path("keyd.sock", settings.HANARE.keyd_socket)))


@functools.cache
def _client_at(path: str) -> LineClient:
    return LineClient(Path(path))
