"""What the stick remembers for comfort: the last name, language, keyboard layout, whether the tour was seen.

One small file on the identity partition, written whole and flushed. A file that cannot be read is forgotten: nothing
here decides about access. The name is kept only where the office's profile says so.
"""

import os
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from hanare_core import wire
from hanare_core.problems import Problem

FILE: Final = "remembered.json"


class Remembered(wire.Message, frozen=True):
    """Comfort, no secrets."""

    user: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    language: Literal["", "ja", "en"] = ""
    keyboard: Literal["", "jis", "us"] = ""
    """Empty: nobody chose yet, the profile's holds."""
    tour_seen: bool = False


def read(folder: Path) -> Remembered:
    """Return what is remembered; nothing when there is no such file or it is broken."""
    try:
        return wire.decode((folder / FILE).read_bytes(), Remembered)
    except (OSError, Problem):
        return Remembered()


def write(folder: Path, remembered: Remembered) -> None:
    """Replace the file, flushed to the medium. Raises OSError."""
    replace(folder / FILE, wire.encode(remembered))


def replace(place: Path, content: bytes) -> None:
    """Replace a small file of the state partition, readable by root alone, flushed to the medium. Raises OSError."""
    fresh = place.with_name(f"{place.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.rename(place)
