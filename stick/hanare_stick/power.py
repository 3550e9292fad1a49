"""The PC as the stick's agent uses it: its folder in memory, and switching off."""

import asyncio
import os
from pathlib import Path


def make_folder(folder: Path, kiosk: int) -> None:
    """Make the agent's folder: root's alone, which the kiosk's group may pass through to the socket."""
    folder.mkdir(mode=0o710, parents=True, exist_ok=True)
    os.chown(folder, 0, kiosk)
    folder.chmod(0o710)


async def off() -> None:
    """Ask the init system to switch the PC off."""
    await (await asyncio.create_subprocess_exec("systemctl", "poweroff")).wait()
