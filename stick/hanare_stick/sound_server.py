"""The sound server's own programs (wpctl(1), pw-dump(1)), as its user, since its socket is that user's alone."""

import asyncio
from typing import Final

from hanare_stick.settings import Sound

ASKED_S: Final = 5.0
"""For one answer; a server that takes longer hangs."""


class SoundServer:
    """Asks the sound server of one PC, where there is sound at all."""

    def __init__(self, sound: Sound | None) -> None:
        self._sound = sound

    @property
    def there(self) -> bool:
        """Whether this PC has one."""
        return self._sound is not None

    async def ask(self, *program: str) -> str | None:
        """Return what the program says; None where there is no sound, or it failed or took too long."""
        sound = self._sound
        if sound is None:
            return None
        user = ("setpriv", f"--reuid={sound.uid}", f"--regid={sound.gid}", "--clear-groups", "--no-new-privs", "--")
        try:
            asked = await asyncio.create_subprocess_exec(
                *(*user, *program),
                env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": sound.run, "HOME": "/nonexistent"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            return await _said(asked)
        except (OSError, TimeoutError):
            return None


async def _said(asked: asyncio.subprocess.Process) -> str | None:
    try:
        async with asyncio.timeout(ASKED_S):
            said, _ = await asked.communicate()
    finally:
        if asked.returncode is None:
            asked.kill()
    return said.decode("utf-8", "replace") if asked.returncode == 0 else None
