"""Processor time of processes with all that they have started (proc(5)): which part of Hanare works how much."""

import os
from collections.abc import Mapping
from pathlib import Path

PER_SECOND = os.sysconf("SC_CLK_TCK")


def used_ms(processes: Mapping[str, int]) -> dict[str, float]:
    """Return, by name, the milliseconds of processor time so far of each process id and its living descendants."""
    return {name: sum(map(_own_ms, _family(process))) for name, process in processes.items()}


def _family(process: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:  # it has just ended
        return []
    return [process, *(one for child in children for one in _family(child))]


def _own_ms(process: int) -> float:
    """Return user and system time (fields 14 and 15) with that of ended threads and of awaited children (16, 17)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) * 1000 / PER_SECOND
