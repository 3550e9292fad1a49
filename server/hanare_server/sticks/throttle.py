"""How often one source may ask: a token bucket per address, in memory.

A sign-in is four requests; a source that sends more than BURST at once, or more than one a second for long, is refused before
its message is read. The bucket is per process and forgotten at a restart: it bounds load, it counts no guesses
(keyd does, in its database).
"""

import threading
import time
from collections import OrderedDict
from typing import Final

BURST: Final = 40
"""Requests at once: ten hurried sign-ins."""

PER_SECOND: Final = 1.0
"""Requests a second in the long run."""

SOURCES: Final = 20_000
"""Addresses remembered; the one that was seen longest ago is forgotten first."""


class Throttle:
    """Buckets by source; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, source: str, now: float | None = None) -> bool:
        """Take one token of the source; False when there is none. now: monotonic seconds."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            tokens, since = self._buckets.pop(source, (float(BURST), moment))
            tokens = min(float(BURST), tokens + (moment - since) * PER_SECOND)
            allowed = tokens >= 1
            self._buckets[source] = (tokens - 1 if allowed else tokens, moment)
            if len(self._buckets) > SOURCES:
                self._buckets.popitem(last=False)
        return allowed
