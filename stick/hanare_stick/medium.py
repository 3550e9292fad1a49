"""The stick in its port, as the image's hanare-keep tells it: still read from, safe to pull out, pulled out.

Outside an image nobody tells; nothing is known then.
"""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Final

TOLD: Final = Path("/run/hanare-keep/state")

LOOK_S: Final = 0.5
"""Between two looks: a screen that is to lock does so before a hand is back at the keyboard."""


class Medium(StrEnum):
    """What is known of the stick."""

    UNKNOWN = "unknown"
    COPYING = "copying"
    SAFE = "safe"
    SHORT_OF_MEMORY = "short-of-memory"
    DAMAGED = "damaged"
    NOT_COPIED = "not-copied"
    PULLED = "pulled"


def read(told: Path = TOLD) -> Medium:
    """Return what is told now."""
    try:
        return Medium(told.read_text("ascii").strip())
    except (OSError, ValueError):
        return Medium.UNKNOWN


def must_stay(medium: Medium) -> bool:
    """Say whether pulling the stick out now would switch the PC off."""
    return medium in {Medium.COPYING, Medium.SHORT_OF_MEMORY, Medium.DAMAGED, Medium.NOT_COPIED}


async def pulled(told: Path = TOLD) -> None:
    """Wait until the stick is pulled out."""
    while read(told) is not Medium.PULLED:  # noqa: ASYNC110 - another process tells
        await asyncio.sleep(LOOK_S)
