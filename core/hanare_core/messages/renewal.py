"""Server ↔ kitting station, carried as files: one JSON object a line (docs/protocol.md, "Re-key")."""

from collections.abc import Iterable
from typing import Final, TypeVar

from hanare_core import wire
from hanare_core.problems import Code, Problem

MOST_LINES: Final = 20_000
"""Sticks of the largest organisation, with margin."""

M = TypeVar("M", bound=wire.Message)


class Request(wire.Message, frozen=True):
    """A stick's request for a certificate, and the certificate by which it is verified."""

    certificate: wire.SignedText
    """The stick's present one."""
    signed: wire.SignedText
    """`RenewBody` with `next`, by the present identity key (kind renew)."""


class Answer(wire.Message, frozen=True):
    """A new certificate."""

    certificate: wire.SignedText


def lines(messages: Iterable[wire.Message]) -> bytes:
    """Return the file of these messages."""
    return b"".join(wire.encode(message) + b"\n" for message in messages)


def read(data: bytes, shape: type[M]) -> list[M]:
    """Return the messages of a file; raise Problem(MALFORMED, or TOO_LARGE) that names the first wrong line."""
    found = [line for line in data.splitlines() if line.strip()]
    if len(found) > MOST_LINES:
        raise Problem(Code.TOO_LARGE, detail={"limit_lines": str(MOST_LINES)})
    messages = []
    for number, line in enumerate(found, start=1):
        try:
            messages.append(wire.decode(line, shape))
        except Problem as problem:
            raise Problem(problem.code, detail={**problem.detail, "line": str(number)}) from problem
    return messages
