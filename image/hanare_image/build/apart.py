"""A library that two programs need, put where nothing else finds it.

systemd opens libbpf wherever it is there, for filters of its own that no unit of ours has, and a start pays for that
with a second of the emulated PC (ADR 26). It is on the stick for ss(8) and ip(8) alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path("usr/lib/iproute2")
PROGRAMS: Final = ("ip", "ss")

_LIBRARY: Final = "usr/lib/x86_64-linux-gnu/libbpf.so.*"
_STARTS: Final = '#!/bin/sh\nLD_LIBRARY_PATH=/{folder} exec /{folder}/{name} "$@"\n'
_PROGRAM_MODE: Final = 0o755


def set_apart(root: Path) -> None:
    """Move library and programs to a folder of their own; what starts the programs stands in their place."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for library in sorted(root.glob(_LIBRARY)):
        library.rename(folder / library.name)
    for name in PROGRAMS:
        program = root / "usr/bin" / name
        program.rename(folder / name)
        program.write_text(_STARTS.format(folder=FOLDER, name=name), "ascii")
        program.chmod(_PROGRAM_MODE)
