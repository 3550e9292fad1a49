"""How loud and how bright the PC is: read and changed in steps, by the bar's buttons and the keyboard's own keys.

The volume is the sound server's (wpctl(1), as its user, since its socket is that user's alone), the brightness the
first backlight's (sysfs-class-backlight). A PC without one, or without sound, has no such level. Nothing is remembered.
Every microphone is muted while a session is locked. Limit: one that is plugged in behind the lock is live.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import msgspec

from hanare_stick.control_messages import Adjust, LevelKind, Levels
from hanare_stick.settings import Sound

BACKLIGHTS: Final = Path("/sys/class/backlight")
STEP: Final = 5
"""Per cent a press."""

DARKEST: Final = 5
"""Per cent: a screen that is dark at all is one that people take for broken."""

ASKED_S: Final = 5.0
_SINK: Final = "@DEFAULT_AUDIO_SINK@"
_MICROPHONE: Final = "Audio/Source"
"""How PipeWire's class of whatever can be recorded begins."""
_VOLUME: Final = re.compile(r"Volume: ([0-9]+\.[0-9]+)( \[MUTED\])?")


class _Info(msgspec.Struct):
    props: dict[str, Any] | None = None


class _Node(msgspec.Struct):
    id: int
    info: _Info | None = None


class Dials:
    """The levels of one PC; `tell` hears them after every change and when somebody asks."""

    def __init__(self, sound: Sound | None, tell: Callable[[Levels], None], backlights: Path = BACKLIGHTS) -> None:
        self._sound = sound
        self._tell = tell
        self._backlights = backlights
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def turn(self, wish: Adjust | None = None) -> None:
        """Begin to carry out one press (None: nothing is changed), and to tell how it stands then."""
        self._begin(self._turned(wish))

    def listen(self, *, live: bool) -> None:
        """Begin to mute the PC's microphones, or to let them be heard again."""
        self._begin(self._listened("0" if live else "1"))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listened(self, mute: str) -> None:
        async with self._turn:
            for node in _microphones(await self._run("pw-dump")):
                await self._ask("set-mute", node, mute)

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
        return await self._run("wpctl", *words)

    async def _run(self, *program: str) -> str:
        """Return what a program of the sound server's user says; nothing where there is no sound."""
        sound = self._sound
        if sound is None:
            return ""
        user = ("setpriv", f"--reuid={sound.uid}", f"--regid={sound.gid}", "--clear-groups", "--no-new-privs", "--")
        with contextlib.suppress(OSError, TimeoutError):
            asked = await asyncio.create_subprocess_exec(
                *(*user, *program),
                env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": sound.run, "HOME": "/nonexistent"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            try:
                async with asyncio.timeout(ASKED_S):
                    said, _ = await asked.communicate()
            finally:
                if asked.returncode is None:
                    asked.kill()
            return said.decode("utf-8", "replace")
        return ""

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


def _microphones(dump: str) -> list[str]:
    """Return the numbers of PipeWire's nodes that can be recorded (pw-dump(1))."""
    try:
        found = msgspec.json.decode(dump, type=list[_Node]) if dump else []
    except msgspec.DecodeError:
        return []
    told = ((one.id, one.info.props) for one in found if one.info is not None and one.info.props is not None)
    return [str(number) for number, props in told if str(props.get("media.class")).startswith(_MICROPHONE)]


def _bright(light: Path | None) -> int | None:
    """Return the brightness in per cent; None where there is nothing to be set."""
    most = _number(light / "max_brightness") if light is not None else 0
    return min(100, round(100 * _number(light / "brightness") / most)) if light is not None and most else None


def _number(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return 0
