"""The machine that the stick was started on: a PC, or a virtual machine on somebody's running system (F15).

systemd-detect-virt(1) asks processor and firmware. Limits: a machine that hides what it is is not found out, and a
changed stick says what it likes; what protects a session then is that its keys reach one office PC only.
"""

import subprocess
from typing import Final

PROGRAM: Final = "systemd-detect-virt"
ANSWER_S: Final = 10.0
"""It answers within milliseconds; a machine that is starting may take its time."""

_NONE: Final = "none"
UNKNOWN: Final = "unknown"


def virtual() -> str:
    """Return the name of the virtual machine around us, or the empty text when there is none."""
    try:
        done = subprocess.run([PROGRAM, "--vm"], capture_output=True, text=True, check=False, timeout=ANSWER_S)
    except (OSError, subprocess.TimeoutExpired):
        return UNKNOWN
    name = done.stdout.strip()
    return "" if name == _NONE else name or UNKNOWN
