"""The boot partition's entries: which version starts which root.

An entry is a UKI `EFI/Linux/hanare_VERSION.efi`, with systemd's boot counting `+LEFT-DONE` before the dot
(systemd.io/AUTOMATIC_BOOT_ASSESSMENT). The root hash stands in its command line, a section of its own that is not
compressed. In compatible mode the one entry is GRUB's settings, which say version and command line in clear.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path("EFI/Linux")
SETTINGS: Final = Path("EFI/debian/grub.cfg")
"""Where Debian's signed GRUB looks."""

VERSION_LINE: Final = "# Hanare "
"""How GRUB's settings begin; the version follows."""

_NAME: Final = re.compile(r"hanare_(\d{1,12})(?:\+\d+(?:-\d+)?)?\.efi")
_SAID: Final = re.compile(rb"%s(\d{1,12})\n" % VERSION_LINE.encode())
_ROOT: Final = re.compile(rb"hanare\.root=([0-9a-f]{64})")


class Entry(NamedTuple):
    """One line of the boot menu; `root_hash` is empty when the file says none."""

    file: str
    version: int
    root_hash: str


def entries(boot: Path) -> list[Entry]:
    """Return the entries of an extracted boot partition, newest version first."""
    folder = boot / FOLDER
    found = [(path, match) for path in sorted(folder.glob("*.efi")) if (match := _NAME.fullmatch(path.name))]
    read = [Entry(path.name, int(match[1]), _root(path)) for path, match in found]
    return sorted(read + _compatible(boot / SETTINGS), key=lambda entry: -entry.version)


def _compatible(settings: Path) -> list[Entry]:
    if not settings.is_file():
        return []
    match = _SAID.match(settings.read_bytes())
    return [Entry(settings.name, int(match[1]), _root(settings))] if match else []


def _root(path: Path) -> str:
    match = _ROOT.search(path.read_bytes())
    return match[1].decode() if match else ""
