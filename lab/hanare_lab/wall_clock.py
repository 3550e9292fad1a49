"""A wall clock of one machine that can be set while its processes run: time.time of every Python that has a PYTHONPATH.

The monotonic clocks run on, as they do when somebody sets a real clock. What other programs see is not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hanare_lab.root import CHECKOUT_INSIDE

if TYPE_CHECKING:
    from hanare_lab.machine import Machine

_STEPPED: Final = f"{CHECKOUT_INSIDE}/lab/hanare_lab/stepped"


class WallClock:
    """Counts for what ``machine`` starts from now on."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._path = f"/run/hanare-clock-{machine.name}"
        self.set(0)
        machine.clock = self

    def set(self, ahead_s: float) -> None:
        """Set it so many seconds ahead of the real one, or behind."""
        new = f"{self._path}.new"
        self._machine.write(new, str(ahead_s))
        root = self._machine.root
        Path(root, new.lstrip("/")).rename(Path(root, self._path.lstrip("/")))

    def environment(self, env: Mapping[str, str]) -> Mapping[str, str]:
        """Return the environment with which a process sees this clock."""
        if "PYTHONPATH" not in env:
            return env
        return {**env, "PYTHONPATH": f"{_STEPPED}:{env['PYTHONPATH']}", "HANARE_LAB_CLOCK": self._path}
