"""How gunicorn serves (`gunicorn --config python:hanare_server.serving --bind unix:… hanare_server.wsgi:application`).

Each of its threads has a database connection of its own. The first ones rehearse a stop before the first request:
a stop that meets a new thread and a new connection takes twice as long.
"""

from concurrent.futures import Executor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any, Final

worker_class: Final = "gthread"
workers: Final = 1
threads: Final = 16
"""Requests at once: a stop must not wait behind sign-ins that wait for their gateway."""

keepalive: Final = 75
"""Seconds; longer than nginx keeps its own end, which so never meets a connection that just closed."""

umask: Final = 0o007
worker_tmp_dir: Final = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat files, in memory
control_socket_disable: Final = True

READY: Final = 4
"""Threads that begin at once, with a database connection each: more than a town hall asks for in one moment. They take
turns, so with all sixteen each would come back to a processor's cache and a connection that have long grown cold."""

READY_S: Final = 20.0
"""Longest a thread waits for the others: past it the database is slow, and requests wait no longer."""


def post_worker_init(worker: Any) -> None:
    """Have the first threads of the worker rehearse; requests that come meanwhile wait behind."""
    begin(worker.tpool, min(READY, worker.cfg.threads))


def begin(pool: Executor, count: int) -> None:
    """Start `count` threads of the pool, one rehearsal each, and return at once."""
    together = Barrier(count)
    for _ in range(count):
        pool.submit(_rehearse, together)


def _rehearse(together: Barrier) -> None:
    from hanare_server.access.rehearsal import rehearse  # noqa: PLC0415 - gunicorn reads this before Django is set up

    rehearse()
    with suppress(BrokenBarrierError):
        together.wait(READY_S)  # a thread that is done early would take the next one's turn
