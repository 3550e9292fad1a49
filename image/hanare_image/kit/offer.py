"""The sticks that a person may choose from, and whether those that were chosen are still there.

A disk that is unplugged leaves its name to the next one, and that may be the medium with the CA. So what was chosen is
compared before work begins, and once more when each stick is open: from then on no other can take its place.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hanare_image import disks
from hanare_image.disks import Candidate, Disk
from hanare_image.errors import KittingError
from hanare_image.machine import HERE, Machine
from hanare_image.media import Medium
from hanare_image.stick import Opener
from hanare_image.texts import refused


class Offer(NamedTuple):
    """The removable disks of a machine, or files that stand for sticks."""

    files: Sequence[str] = ()
    machine: Machine = HERE

    def look(self) -> list[Candidate]:
        """Return what is plugged in now."""
        if self.files:
            return [Candidate(disk, "") for disk in dict.fromkeys(map(disks.find, self.files))]
        return disks.candidates(self.machine)

    def check(self, chosen: Sequence[Disk]) -> None:
        """Raise KittingError unless each is plugged in as it was, with nothing that uses it."""
        free = [candidate.disk for candidate in self.look() if not candidate.use]
        for disk in chosen:
            if disk not in free:
                raise refused("replaced", path=disk.path, name=disk.name)

    def opener(self, chosen: Sequence[Disk], usual: Opener) -> Opener:
        """Return what opens one of the chosen sticks and no other."""
        by_path = {disk.path: disk for disk in chosen}

        def opened(path: Path) -> Medium:
            medium = usual(path)
            try:
                self.check([by_path[path]])
            except KittingError:
                medium.close()
                raise
            return medium

        return opened
