"""What a page costs in processor time, web process and database together: nearly the same on a busy machine.

The kernel's own count (`/proc/PID/schedstat`, nanoseconds) before and after some requests, one after another, over the
web processes and PostgreSQL's. SQLite runs within the web process.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.db import connection

PROC: Final = Path("/proc")
REQUESTS: Final = 5
"""Of each page, after one that is not counted: a web process makes its templates at their first use."""


def of_pages(web: int, pages: dict[str, str], ask: Callable[[str], object]) -> dict[str, float]:
    """Return the milliseconds of processor time of one request of each page; web: gunicorn's main process."""
    found = {}
    for name, path in pages.items():
        for _ in range(REQUESTS):  # so that each of the web processes has drawn it
            ask(path)
        before = _spent_ns(web)
        for _ in range(REQUESTS):
            ask(path)
        found[name] = (_spent_ns(web) - before) / REQUESTS / 1e6
    return found


def _spent_ns(web: int) -> int:
    return sum(_of_process(process) for root in (web, _database()) if root for process in (root, *_children(root)))


def _database() -> int:
    """Return PostgreSQL's main process, or 0."""
    if connection.vendor != "postgresql":
        return 0
    return int((Path(str(connection.settings_dict["HOST"])) / "data/postmaster.pid").read_text().split("\n", 1)[0])


def _children(process: int) -> list[int]:
    found = (PROC / f"{process}/task/{process}/children").read_text()
    return [int(child) for child in found.split()]


def _of_process(process: int) -> int:
    """Return nanoseconds of all of the process's threads, also of those that have ended within the count."""
    spent = 0
    for thread in (PROC / f"{process}/task").glob("*/schedstat"):
        try:
            spent += int(thread.read_text().split()[0])
        except (OSError, IndexError):
            continue
    return spent
