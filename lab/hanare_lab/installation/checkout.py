"""The checkout where every user of the lab can read it: /opt/hanare, also on machines that have the host's files.

A clone may lie below a folder that only root may enter. The mount is the lab's own and goes with it.
"""

import os
import subprocess
from pathlib import Path

from hanare_lab.inside import require_inside
from hanare_lab.root import CHECKOUT, CHECKOUT_INSIDE

PYTHON = f"{CHECKOUT_INSIDE}/.venv/bin/python"
ROOMS = ("core", "server", "hub", "keyd", "gateway", "stick", "image", "lab")


def expose() -> None:
    """Mount the checkout read-only at /opt/hanare, once."""
    require_inside()
    if os.path.ismount(CHECKOUT_INSIDE):
        return
    place = CHECKOUT_INSIDE
    script = f"mount -t tmpfs -o mode=755 hanare-lab /opt && mkdir {place} && mount --bind '{CHECKOUT}' {place}"
    subprocess.run(["sh", "-c", script], check=True)


def python_path(*rooms: str) -> str:
    """Return PYTHONPATH for these rooms."""
    return ":".join(str(Path(CHECKOUT_INSIDE) / room) for room in rooms or ROOMS)
