"""How loud and how bright the PC is: read and changed in steps, by the bar's buttons and the keyboard's own keys.

The volume is the sound server's, the brightness the first backlight's (sysfs-class-backlight). A PC without one, or
without sound, has no such level. Nothing is remembered.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hanare_stick.control_messages import Adjust, LevelKind, Levels
from hanare_stick.microphones import Microphones
from hanare_stick.settings import Sound
from hanare_stick.sound_server import SoundServer

BACKLIGHTS: Final = Path("/sys/class/backlight")
STEP: Final = 5
"""Per cent a press."""

DARKEST: Final = 5
"""Per cent: a screen that is dark at all is one that people take for broken."""

_SINK: Final = "@DEFAULT_AUDIO_SINK@"
_VOLUME: Final = re.compile(r"Volume: ([0-9]+\.[0-9]+)( \[MUTED\])?")


class Dials:
    """The levels of one PC; `tell` hears them after every change and when somebody asks."""

    def __init__(self, sound: Sound | None, tell: Callable[[Levels], None], backlights: Path = BACKLIGHTS) -> None:
        self._server = SoundServer(sound)
        self._microphones = Microphones(self._server)
        self._tell = tell
        self._backlights = backlights
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def turn(self, wish: Adjust | None = None) -> None:
        """Begin to carry out one press (None: nothing is changed), and to tell how it stands then."""
        task = asyncio.create_task(self._turned(wish))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def listen(self, *, live: bool) -> None:
        """Begin to mute the PC's microphones, or to let them be heard again."""
        self._microphones.listen(live=live)

    async def _turned(self, wish: Adjust | None) -> None:
        """Carry it out, one after the other; what cannot be changed stays."""
        async with self._turn:
            if wish is not None:
                await self._carry_out(wish)
            self._tell(await self._read())

    async def _carry_out(self, wish: Adjust) -> None:
        match wish.level:
            case LevelKind.VOLUME:
                await self._ask("set-volume", "-l", "1.0", _SINK, f"{STEP}%{'+' if wish.up else '-'}")
                await self._ask("set-mute", _SINK, "0")
            case LevelKind.MUTE:
                await self._ask("set-mute", _SINK, "toggle")
            case LevelKind.BRIGHTNESS:
                self._shine(STEP if wish.up else -STEP)

    async def _read(self) -> Levels:
        found = _VOLUME.match(await self._ask("get-volume", _SINK))
        volume = round(float(found[1]) * 100) if found else None
        return Levels(volume=volume, muted=bool(found and found[2]), brightness=_bright(self._backlight()))

    async def _ask(self, *words: str) -> str:
        return await self._server.ask("wpctl", *words) or ""

    def _backlight(self) -> Path | None:
        return next(iter(sorted(self._backlights.glob("*"))), None)

    def _shine(self, by: int) -> None:
        light = self._backlight()
        now = _bright(light)
        if light is None or now is None:
            return
        most = _number(light / "max_brightness")
        with contextlib.suppress(OSError):
            (light / "brightness").write_text(str(most * max(DARKEST, min(100, now + by)) // 100), "ascii")


def _bright(light: Path | None) -> int | None:
    """Return the brightness in per cent; None where there is nothing to be set."""
    most = _number(light / "max_brightness") if light is not None else 0
    return min(100, round(100 * _number(light / "brightness") / most)) if light is not None and most else None


def _number(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return 0
