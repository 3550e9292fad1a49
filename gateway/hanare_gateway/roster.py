"""Who is let through, for the day on which the agent cannot be asked: a file beside the state, one line a change.

A lease that comes or goes is one line more, and now and then the file is written anew. It is not synced: it has to
survive the agent, not the machine, whose kernel forgets the elements as well. It holds names and addresses, no key and
no ticket.
"""

from collections.abc import Callable, Iterable, KeysView
from pathlib import Path
from typing import Final

import msgspec

from hanare_core.kernel import Element
from hanare_gateway.settings import Settings
from hanare_gateway.state import FILE_MODE

FILE_NAME: Final = "roster.jsonl"
REWRITE_AFTER: Final = 1_024
"""Lines of leases that are gone, before the file is written anew."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lease; `names`: its session, stick and user. Without elements: it has gone."""

    lease: str
    names: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()


class Roster:
    """The file; its folder belongs to the agent."""

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.state).with_name(FILE_NAME)
        self._written: set[str] = set()
        self._stale = REWRITE_AFTER

    def keep(self, leases: KeysView[str], turned: Iterable[str], describe: Callable[[str], Line]) -> None:
        """Bring the file up to date with the leases that stand; raise OSError when that fails.

        turned: those that came or went since the last call.
        """
        fresh = [lease for lease in turned if lease in leases and lease not in self._written]
        gone = [lease for lease in turned if lease not in leases and lease in self._written]
        whole = self._stale + len(gone) >= REWRITE_AFTER
        before, self._stale = self._stale, REWRITE_AFTER  # after a failure everything is written anew
        if whole:
            self._write(map(describe, leases), "wb")
            self._written, self._stale = set(leases), 0
            return
        if fresh or gone:
            self._write([*map(describe, fresh), *(Line(lease) for lease in gone)], "ab")
        self._written.update(fresh)
        self._written.difference_update(gone)
        self._stale = before + len(gone)

    def read(self) -> list[Line]:
        """Return the leases that stood when whatever agent last wrote; a torn last line is left out."""
        leases: dict[str, Line] = {}
        for text in self._path.read_bytes().splitlines() if self._path.exists() else ():
            try:
                line = msgspec.json.decode(text, type=Line)
            except (ValueError, msgspec.MsgspecError):
                continue
            leases[line.lease] = line
        return [line for line in leases.values() if line.elements]

    def _write(self, lines: Iterable[Line], mode: str) -> None:
        with self._path.open(mode) as file:
            file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
        self._path.chmod(FILE_MODE)
