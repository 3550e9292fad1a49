"""What the stick tells of itself when the person before it agrees: versions, the line, the agent's last log lines.

The log lines hold ids and codes by their own rule (`hanare_core.log_lines`); whatever looks like a key or an address
all the same is struck out, and all of it fits into one small signed message. Nothing is written to the stick.
"""

import asyncio
import logging
import os
import platform
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from hanare_core import log_lines, signed
from hanare_core.effects import Ask
from hanare_core.messages import api as messages
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from hanare_stick.api import Api
from hanare_stick.device import Device

LINES: Final = 60
LINE_CHARACTERS: Final = 300
LOG_BYTES: Final = 4_000
"""A signed text holds 6 KB; the newest lines that fit are sent."""

TRIES: Final = 5
AGAIN_S: Final = 5.0

_LOOKS_SECRET: Final = re.compile(r"[A-Za-z0-9_+/=-]{32,}")
_LOOKS_ADDRESS: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{0,4}:){2,}[0-9a-fA-F.]{0,15}")
_STRUCK: Final = "…"

_log: Final = logging.getLogger(__name__)


class Tail(logging.Handler):
    """Keeps the last log lines of this process in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(log_lines.LogLine("stick"))
        self._lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one more."""
        self._lines.append(struck(self.format(record))[:LINE_CHARACTERS])

    def newest(self) -> tuple[str, ...]:
        """Return the newest lines that fit, in order."""
        return tuple(reversed(list(_fitting(reversed(self._lines)))))


class Diagnostics:
    """Makes the diagnostics and hands them to the server."""

    def __init__(self, device: Device, api: Api, image: int) -> None:
        self._device = device
        self._api = api
        self._image = image
        self._began_s = time.monotonic()
        self._tail = Tail()
        logging.getLogger().addHandler(self._tail)

    async def send(self, note: str, facts: Mapping[str, str]) -> None:
        """Send them for this message; a server that cannot be reached is tried again for a while."""
        for _ in range(TRIES):
            try:
                await self._api.ask(Ask(f"{messages.PREFIX}/diagnostics", self._signed(note, facts), messages.Done))
            except (Problem, OSError) as error:  # a stick that was pulled out cannot be read either
                log_lines.event(_log, logging.WARNING, "diagnostics not sent", error=type(error).__name__)
                await asyncio.sleep(AGAIN_S)
            else:
                return

    def _signed(self, note: str, facts: Mapping[str, str]) -> messages.Diagnostics:
        body = messages.DiagnosticsBody(note=note, facts={**self._facts(), **facts}, log=self._tail.newest())
        return messages.Diagnostics(
            stick=self._device.certificate.stick, signed=signed.sign(Kind.DIAGNOSTICS, body, self._device.identity)
        )

    def _facts(self) -> dict[str, str]:
        return {
            "image": str(self._image),
            "kernel": platform.release()[:64],
            "machine": platform.machine(),
            "processors": str(os.cpu_count() or 0),
            "memory": _memory(),
            "agent-up-s": str(round(time.monotonic() - self._began_s)),
            "generation": str(self._device.state().generation),
        }


def struck(line: str) -> str:
    """Return the line without what looks like a key or an address."""
    return _LOOKS_ADDRESS.sub(_STRUCK, _LOOKS_SECRET.sub(_STRUCK, line))


def _fitting(newest_first: Iterator[str]) -> Iterator[str]:
    used = 0
    for line in newest_first:
        used += len(line.encode()) + 8
        if used > LOG_BYTES:
            return
        yield line


def _memory() -> str:
    """Return how much there is and how much is free, as the kernel says (proc(5), meminfo)."""
    try:
        found = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        return f"{found['MemAvailable'].strip()} of {found['MemTotal'].strip()}"
    except (OSError, KeyError, ValueError):
        return ""
