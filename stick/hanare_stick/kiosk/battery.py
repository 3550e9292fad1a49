"""The battery as the kernel tells it (sysfs, Documentation/ABI/testing/sysfs-class-power)."""

from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path("/sys/class/power_supply")


class Battery(NamedTuple):
    """Charge in per cent, and whether it is being charged."""

    percent: int
    charging: bool


def read(folder: Path = FOLDER) -> Battery | None:
    """Return the first battery of the PC itself, or None on a PC without one."""
    for supply in sorted(folder.glob("*")):
        if _text(supply / "type") != "Battery" or _text(supply / "scope") == "Device":
            continue
        capacity = _text(supply / "capacity")
        if capacity.isdecimal():
            return Battery(min(100, int(capacity)), _text(supply / "status") == "Charging")
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
