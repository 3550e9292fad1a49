"""One progress bar for each stick, on standard error; where that is no terminal, nothing but the outcomes is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from hanare_image.disks import Disk
from hanare_image.side_by_side import Outcome
from hanare_image.texts import say

WIDE: Final = 100
"""Columns from which a terminal has room for a stick's name beside its bar."""


class Bars:
    """The bars of some sticks."""

    def __init__(self, disks: Sequence[Disk]) -> None:
        console = Console(stderr=True)
        wide = console.width >= WIDE
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[phase]}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[Path, TaskID] = {
            disk.path: self._progress.add_task(
                f"{disk.path} {disk.name}".strip() if wide else str(disk.path), total=None, phase=""
            )
            for disk in disks
        }

    def update(self, disk: Disk, phase: str, done: int, total: int) -> None:
        """Move one stick's bar."""
        self._progress.update(self._tasks[disk.path], completed=done, total=total, phase=say(f"phase.{phase}"))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def tell(outcomes: Sequence[Outcome]) -> bool:
    """Say how it went with each stick; return whether all went well."""
    good, bad = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    for outcome in outcomes:
        mark, console = (say("outcome.done"), good) if outcome.done else (say("outcome.failed"), bad)
        place = str(outcome.disk.path)
        who = f"{place} ({outcome.disk.name})" if outcome.disk.name else place
        console.print(f"{mark}  {who}: {outcome.said}", markup=False)
    return all(outcome.done for outcome in outcomes)
