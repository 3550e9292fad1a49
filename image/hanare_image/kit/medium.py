"""The office's media: the one with everything that a batch needs, and perhaps another with the CA.

A medium is an ordinary USB stick that Windows formatted, known by its label. It is mounted for one act and let go of
afterwards, so that it may be pulled out whenever a question about the next act is on the screen. One that a desktop
mounted already is used where it is. A folder stands for a medium.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image import interrupts
from hanare_image.errors import KittingError
from hanare_image.machine import HERE, Machine
from hanare_image.texts import refused
from hanare_image.volumes import mounted_at, volumes

MOUNT_SECONDS: Final = 60
"""Of one mount or unmount: what was written to a slow stick is flushed by then."""

_TYPES: Final = "vfat,exfat"
_OPTIONS: Final = "nosuid,nodev,noexec,sync,umask=0077"


class Medium(NamedTuple):
    """A medium with this label, or the folder that stands for it."""

    label: str
    folder: Path | None = None
    machine: Machine = HERE

    def present(self) -> bool:
        """Say whether it is there."""
        return self.folder.is_dir() if self.folder else self._device() is not None

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Give its folder; raise KittingError when it is not there or cannot be read."""
        if self.folder is not None:
            if not self.present():
                raise refused("medium-gone", label=self.label)
            yield self.folder
            return
        device = self._device()
        if device is None:
            raise refused("medium-gone", label=self.label)
        if place := mounted_at(device, self.machine):
            yield place
            return
        with _mounted(device) as place:
            yield place

    def _device(self) -> Path | None:
        return next((one.device for one in volumes(self.machine) if one.label == self.label), None)


@contextmanager
def _mounted(device: Path) -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="hanare-medium-"))
    try:
        with interrupts.ignored():
            done = _run("mount", "-t", _TYPES, "-o", _OPTIONS, str(device), str(place))
        if done.returncode != 0:
            raise refused("medium-unread", reason=" ".join(done.stderr.split()))
        yield place
    finally:
        with interrupts.ignored():
            _let_go(place)


def _let_go(place: Path) -> None:
    """Unmount and remove the place, never what is in it: a mount that was given up may have come about nevertheless."""
    # Lazily and whatever comes of it: one that was pulled out has to go as well, and what was done is told.
    with suppress(KittingError):
        _run("umount", "--lazy", str(place))
    with suppress(OSError):
        place.rmdir()


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOUNT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise refused("stuck") from error
