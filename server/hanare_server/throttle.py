"""How often one source may ask: a token bucket per key, in memory.

The bucket is per process and forgotten at a restart: it bounds load and slows guessing down, it counts no
guesses of PINs (keyd does, in its database).
"""

import threading
import time
from collections import OrderedDict
from typing import Final

KEYS: Final = 20_000
"""Keys remembered; the one that was seen longest ago is forgotten first."""


class Throttle:
    """Buckets by key; safe between threads. A full bucket holds `burst` tokens and gets `per_second` back."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str, now: float | None = None) -> bool:
        """Take one token; False when there is none. now: monotonic seconds."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            tokens, since = self._buckets.pop(key, (self._burst, moment))
            tokens = min(self._burst, tokens + (moment - since) * self._per_second)
            allowed = tokens >= 1
            self._buckets[key] = (tokens - 1 if allowed else tokens, moment)
            if len(self._buckets) > KEYS:
                self._buckets.popitem(last=False)
        return allowed
