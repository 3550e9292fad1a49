"""Where a stick's packets come from now: asked by the hub when two sticks with the same key are to be told apart.

WireGuard knows it, packet by packet; a look at all peers is taken for it, at most every FRESH_S however many ask.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from hanare_core.kernel import KernelFacts
from hanare_core.messages import gateway as hub

FRESH_S: Final = 0.5
"""A look at 10,000 peers costs a tenth of a second; who asks within this gets what the one before got."""


class Places:
    """Answers where doors are. `look` reads the kernel by connections of its own; `keys` names a stick's doors."""

    def __init__(self, look: Callable[[], KernelFacts], keys: Callable[[str], tuple[str, ...]]) -> None:
        self._look = look
        self._keys = keys
        self._lock = asyncio.Lock()
        self._facts = KernelFacts({}, {})
        self._looked_s = float("-inf")

    async def of(self, where: hub.Where) -> hub.Place:
        """Return where the stick's door was heard last; nowhere for one that never spoke. Raises KernelError."""
        async with self._lock:
            if time.monotonic() - self._looked_s > FRESH_S:
                self._facts = await asyncio.to_thread(self._look)
                self._looked_s = time.monotonic()
        heard = [self._facts.peers[key] for key in self._keys(where.stick) if key in self._facts.peers]
        newest = max(heard, key=lambda peer: peer.handshake_wall_ms, default=None)
        if newest is None:
            return hub.Place(ask=where.ask)
        return hub.Place(ask=where.ask, address=newest.endpoint, handshake_ms=newest.handshake_wall_ms)
