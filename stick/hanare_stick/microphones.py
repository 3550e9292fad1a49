"""The PC's microphones, which are muted while a session is locked: the newest wish is repeated until it is fulfilled.

Limit: one that is plugged in behind the lock is live.
"""

import asyncio
import logging
from typing import Any, Final

import msgspec

from hanare_stick.sound_server import SoundServer

AGAIN_S: Final = 1.0
"""Between two tries: somebody stands before the locked screen, and a hanging sound server is not worked harder."""

_CLASS: Final = "Audio/Source"
"""How PipeWire's class of whatever can be recorded begins."""

_log: Final = logging.getLogger(__name__)


class _Info(msgspec.Struct):
    props: dict[str, Any] | None = None


class _Node(msgspec.Struct):
    id: int
    info: _Info | None = None


class Microphones:
    """Mutes them all, or lets them be heard again."""

    def __init__(self, server: SoundServer) -> None:
        self._server = server
        self._turn = asyncio.Lock()
        self._wish: asyncio.Task[None] | None = None

    def listen(self, *, live: bool) -> None:
        """Begin to fulfil this wish; an older one that is still being tried is given up."""
        if not self._server.there:
            return
        if self._wish is not None:
            self._wish.cancel()
        self._wish = asyncio.create_task(self._fulfil(live=live))

    async def _fulfil(self, *, live: bool) -> None:
        # The turn is free once the older wish's program is gone: none of its words comes after ours.
        async with self._turn:
            told = False
            while not await self._set("0" if live else "1"):
                if not told:
                    _log.warning("microphones not %s yet; tried again until they are", "live" if live else "muted")
                told = True
                await asyncio.sleep(AGAIN_S)

    async def _set(self, mute: str) -> bool:
        """Try once, each of them; tell whether all obeyed."""
        found = microphones(await self._server.ask("pw-dump"))
        if found is None:
            return False
        obeyed = [await self._server.ask("wpctl", "set-mute", node, mute) is not None for node in found]
        return all(obeyed)


def microphones(dump: str | None) -> list[str] | None:
    """Return the numbers of PipeWire's nodes that can be recorded (pw-dump(1)); None where it does not say."""
    try:
        found = msgspec.json.decode(dump or "", type=list[_Node])
    except msgspec.DecodeError:
        return None
    told = ((one.id, one.info.props) for one in found if one.info is not None and one.info.props is not None)
    return [str(number) for number, props in told if str(props.get("media.class")).startswith(_CLASS)]
