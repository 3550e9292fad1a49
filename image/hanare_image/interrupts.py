"""Ctrl-C while something has to be brought to its end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignored() -> Iterator[None]:
    """Let Ctrl-C do nothing in the block, nor in the programs that it starts; for the main thread."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
