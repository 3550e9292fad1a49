"""What the kitting station does to sticks: write, enrol, verify, look at."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from hanare_image import enrolment, gpt, layout, release, side_by_side
from hanare_image.disks import Disk
from hanare_image.enrolment import Enrolled
from hanare_image.errors import KittingError
from hanare_image.gpt import Partition
from hanare_image.kitting import Batch
from hanare_image.media import FileMedium, Medium
from hanare_image.release import Release
from hanare_image.side_by_side import Outcome, Step
from hanare_image.texts import refused, say
from hanare_image.writer import Speed, Writer

SLOW_READ: Final = 12_000_000
"""Bytes a second: below it the 76 MB that are read before the first window take more than 6 s."""

Progress = Callable[[Disk, str, int, int], None]
Opener = Callable[[Path], Medium]


class Enrolment(NamedTuple):
    """The batch, what is printed on each stick, and who hears of each stick that is registered."""

    batch: Batch
    labels: Mapping[Path, str]
    registered: Callable[[Enrolled], None]


def read_release(folder: Path) -> Release:
    """Return an image whose parts are whole; raise KittingError before any stick is touched."""
    built = release.read(folder)
    for part in built.parts:
        try:
            found = release.describe(folder / part.name)
        except OSError as error:
            raise refused("image-part", part=part.name, folder=folder) from error
        if found != part:
            raise refused("image-part", part=part.name, folder=folder)
    return built


def open_for_writing(path: Path) -> Medium:
    """Return a stick that nobody else may use meanwhile."""
    return FileMedium(path, writing=True)


def write(  # noqa: PLR0913 - the last two are for sticks that misbehave
    disks: Sequence[Disk],
    folder: Path,
    progress: Progress,
    enrolling: Enrolment | None = None,
    *,
    opener: Opener = open_for_writing,
    stall_s: float = side_by_side.STALL_S,
) -> list[Outcome]:
    """Write an image onto every stick, read it back and, if told so, enrol it."""
    built = read_release(folder)

    def one(disk: Disk, step: Step) -> str:
        def moved(phase: str, done: int, total: int) -> None:
            step()
            progress(disk, phase, done, total)

        try:
            with closing(opener(disk.path)) as medium:
                said = told(built, Writer(medium, folder, built, moved).write())
                return f"{said} {_enrol(disk, medium, enrolling)}" if enrolling else said
        except (KittingError, OSError):
            progress(disk, "failed", 0, 1)
            raise

    return side_by_side.run(disks, one, stall_s=stall_s)


def enrol(disks: Sequence[Disk], enrolling: Enrolment, *, opener: Opener = open_for_writing) -> list[Outcome]:
    """Give every written stick its identity and register it."""

    def one(disk: Disk, step: Step) -> str:
        with closing(opener(disk.path)) as medium:
            step()
            return _enrol(disk, medium, enrolling)

    return side_by_side.run(disks, one)


def partitions(medium: Medium) -> dict[str, Partition]:
    """Return a stick's partitions by name; raise KittingError when it is none of ours."""
    try:
        found = {one.name: one for one in gpt.read(medium.read(0, gpt.HEAD_BYTES))}
    except ValueError as error:
        raise refused("no-stick") from error
    if not {layout.BOOT, layout.IDENTITY} <= found.keys():
        raise refused("no-stick")
    return found


def told(built: Release, speed: Speed) -> str:
    """Return the sentence about a stick that was written."""
    said = say("done.resumed" if speed.resumed else "done.written", variant=built.variant, version=built.version)
    if speed.read < SLOW_READ:
        said += " " + say("done.slow", megabytes=f"{speed.read / 1e6:.1f}")
    return said


def _enrol(disk: Disk, medium: Medium, enrolling: Enrolment) -> str:
    label = enrolling.labels[disk.path]
    enrolled = enrolment.enrol(medium, partitions(medium)[layout.IDENTITY], label, enrolling.batch)
    enrolling.registered(enrolled)
    return say("done.registered", **enrolled._asdict())
