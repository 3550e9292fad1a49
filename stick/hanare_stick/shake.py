"""One WireGuard handshake, insisted on: wireguard-go alone would repeat a lost one only after five seconds.

The peer is made anew for each try, which begins a fresh handshake at once. The waits grow, so that a slow line's answer
is not thrown away again and again.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from nacl.public import PrivateKey

from hanare_stick import uapi
from hanare_stick.uapi import Peer

WAITS_S: Final = (1.0, 2.0, 3.0)
"""How long each try may take; together longer than a carrier needs to come up."""

_POLL_S: Final = 0.003


async def shake(interface: str, key: PrivateKey, peer: Peer, *, waits_s: Sequence[float] = WAITS_S) -> bool:
    """Say whether tunnel and peer got keys. Raises OSError when wireguard-go is gone."""
    for wait_s in waits_s:
        uapi.configure(interface, key, peer)
        if await done(interface, wait_s):
            return True
    return False


async def done(interface: str, seconds: float) -> bool:
    """Wait for a handshake that is under way; say whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            while not uapi.handshake_s(interface):  # noqa: ASYNC110 - wireguard-go tells nobody, it must be asked
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        return False
    return True
