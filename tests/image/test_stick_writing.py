"""Writing sticks side by side: good ones, and every kind of bad one."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hanare_image import disks, gpt, layout, mark, release, stamps, stick
from hanare_image.errors import KittingError
from hanare_image.media import Medium
from hanare_image.release import Release
from hanare_image.side_by_side import Outcome
from hanare_image.texts import say
from hanare_image.volumes import CA, DATA, RESERVED
from hanare_image.writer import Speed, Writer
from tests.image import images
from tests.image.bad_sticks import Failing, Flipping, Forgetting, Hanging, Honest, Wrapping
from tests.image.images import MIB
from tests.image.kernel import Kernel


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Release]:
    """Give an image."""
    folder = tmp_path_factory.mktemp("image") / "basic"
    return folder, images.make(folder)


def _silent(*_: object) -> None:
    """Hear of progress and do nothing."""


def _write(folder: Path, tmp_path: Path, bad: Callable[[Path], Medium], **options: float) -> list[Outcome]:
    """Write two good sticks and a bad one between them."""
    sticks = [images.disk(tmp_path / name) for name in ("first", "bad", "last")]
    return stick.write(
        sticks, folder, _silent, opener=lambda path: bad(path) if path.name == "bad" else Honest(path), **options
    )


def _holds(path: Path, folder: Path, built: Release) -> bool:
    with path.open("rb") as file:
        found = {one.name: one for one in gpt.read(file.read(gpt.HEAD_BYTES))}
        pairs = {layout.BOOT: release.ESP, built.root_partition: release.ROOT, layout.IDENTITY: release.IDENTITY}
        for name, part in pairs.items():
            file.seek(found[name].start)
            wanted = (folder / part).read_bytes()
            if file.read(len(wanted)) != wanted:
                return False
    return True


@pytest.mark.parametrize(
    ("bad", "key"),
    [
        (lambda path: Wrapping(path, 2048 * MIB), "false-size"),
        (lambda path: Wrapping(path, 64 * MIB), "false-size"),
        (lambda path: Forgetting(path, 2000 * MIB), "false-size"),
        (lambda path: Forgetting(path, images.DISK_BYTES - MIB), "false-size"),
        (lambda path: Flipping(path, 15 * MIB + 77), "lying"),
        (lambda path: Flipping(path, 5), "lying"),
        (lambda path: Failing(path, 16 * MIB, errno.ENOSPC), "full"),
        (lambda path: Failing(path, 16 * MIB, errno.ENODEV), "gone"),
        (lambda path: Failing(path, 128 * MIB, errno.EIO), "gone"),
        (lambda path: Failing(path, 16 * MIB, errno.EROFS), "locked"),
    ],
)
def test_a_bad_stick_is_named_and_costs_the_others_nothing(
    bad: Callable[[Path], Medium], key: str, image: tuple[Path, Release], tmp_path: Path
) -> None:
    """Its outcome says its fault, it does not look like a stick, and both neighbours are whole."""
    first, told, last = _write(image[0], tmp_path, bad)
    assert (first.done, told.done, last.done) == (True, False, True)
    assert told.disk.name == "bad"
    fixed = max(say(f"problem.{key}", **dict.fromkeys(("at", "size", "reason"), "\0")).split("\0"), key=len)
    assert fixed in told.said
    assert _holds(tmp_path / "first", *image)
    assert _holds(tmp_path / "last", *image)


def test_a_half_written_stick_never_looks_like_one(image: tuple[Path, Release], tmp_path: Path) -> None:
    """A stick that held a whole system and then failed has no partition table any more."""
    disk = images.disk(tmp_path / "stick")
    assert stick.write([disk], image[0], _silent)[0].done
    other = tmp_path / "other"
    images.make(other, version=8)
    (told,) = stick.write([disk], other, _silent, opener=lambda path: Failing(path, 16 * MIB, errno.EIO))
    assert not told.done
    with pytest.raises(KittingError), Honest(disk.path) as medium:
        stick.partitions(medium)


def test_a_stick_that_hangs_is_given_up(image: tuple[Path, Release], tmp_path: Path) -> None:
    """The others end well; the one that does not move is told by its name."""
    let_go = threading.Event()
    first, told, last = _write(image[0], tmp_path, lambda path: Hanging(path, 16 * MIB, let_go), stall_s=3.0)
    let_go.set()
    assert (first.done, told.done, last.done) == (True, False, True)
    assert told.said == say("problem.stalled", seconds=3)


def test_a_broken_off_write_goes_on_from_its_mark(image: tuple[Path, Release], tmp_path: Path) -> None:
    """What was surely written is not written again; all of it is read back."""
    folder, built = image
    disk = images.disk(tmp_path / "stick")
    (told,) = stick.write([disk], folder, _silent, opener=lambda path: Failing(path, 20 * MIB, errno.EIO))
    assert not told.done
    written: list[int] = []

    class Watched(Honest):
        def write(self, at: int, data: bytes) -> None:
            written.append(at)
            super().write(at, data)

    with Watched(disk.path) as medium:
        assert Writer(medium, folder, built, _silent).write().resumed
    esp = layout.partitions(built)[1]
    assert not [at for at in written if esp.start <= at < esp.start + esp.size]
    assert _holds(disk.path, *image)


def test_another_images_mark_is_not_followed(image: tuple[Path, Release], tmp_path: Path) -> None:
    """A stick on which another image was being written is begun anew; a torn mark is none."""
    assert mark.decode(mark.encode(b"i" * 32, 5), b"i" * 32) == 5
    assert mark.decode(mark.encode(b"i" * 32, 5), b"j" * 32) is None
    assert mark.decode(mark.encode(b"i" * 32, 5)[:50], b"i" * 32) is None
    other = tmp_path / "other"
    images.make(other, version=9)
    disk = images.disk(tmp_path / "stick")
    stick.write([disk], other, _silent, opener=lambda path: Failing(path, 20 * MIB, errno.EIO))
    (told,) = stick.write([disk], image[0], _silent)
    assert told.done
    assert _holds(disk.path, *image)


def test_a_mark_that_lies_is_found_out(image: tuple[Path, Release], tmp_path: Path) -> None:
    """A mark is a hint: what it promises and the stick does not hold is found when all is read back."""
    folder, built = image
    disk = images.disk(tmp_path / "stick")
    digest = release.describe(folder / release.MANIFEST).sha256
    with Honest(disk.path) as medium:
        medium.write(mark.AT, mark.encode(bytes.fromhex(digest), 20 * MIB))
        with pytest.raises(KittingError):
            Writer(medium, folder, built, _silent).write()


def test_a_small_stick_is_refused_untouched(image: tuple[Path, Release], tmp_path: Path) -> None:
    """Too small is said with both sizes, and nothing was written."""
    disk = images.disk(tmp_path / "small", 64 * MIB)
    (told,) = stick.write([disk], image[0], _silent)
    assert told.said == say("problem.small", has=64, needed=-(-layout.least_bytes(image[1]) // MIB))
    assert not any(disk.path.read_bytes())


def test_a_slow_stick_is_told(image: tuple[Path, Release]) -> None:
    """It is written, and the sentence says how slowly it reads; a fast one is praised by silence."""
    slow = stick.told(image[1], Speed(write=9e6, read=3_500_000.0, resumed=False))
    assert say("done.slow", megabytes="3.5") in slow
    assert stick.told(image[1], Speed(9e6, stick.SLOW_READ, resumed=True)) == say(
        "done.resumed", variant="basic", version=7
    )


def test_a_damaged_image_touches_no_stick(tmp_path: Path) -> None:
    """A part that is not as it was built ends everything before a stick is opened."""
    folder = tmp_path / "image"
    images.make(folder)
    with (folder / release.ROOT).open("r+b") as file:
        file.write(b"x")
    disk = images.disk(tmp_path / "stick")
    with pytest.raises(KittingError, match=r"root\.img"):
        stick.write([disk], folder, _silent)
    assert not disk.path.stat().st_blocks


def test_stamps_leave_the_image_alone() -> None:
    """No stamp touches a range that is used; the last one stands at the end of the disk."""
    used = [(0, MIB), (100 * MIB, 200 * MIB), (256 * MIB, 257 * MIB)]
    places = stamps.places(512 * MIB, used)
    assert places == [64 * MIB, 320 * MIB, 384 * MIB, 448 * MIB, 511 * MIB]


def test_only_removable_disks_or_named_ones_are_written(tmp_path: Path) -> None:
    """A fixed disk is refused, unless its own serial number is given; an empty serial allows nothing."""
    kernel = Kernel(tmp_path)
    kernel.add("sda", 0, removable=False, serial="S1")
    kernel.add("sdb", 16, removable=True)
    kernel.add("sdc", 32, removable=False)
    dev = kernel.machine.devices
    assert [disk.path.name for disk in disks.choose([str(dev / "sdb")], [], kernel.machine)] == ["sdb"]
    assert disks.choose([str(dev / "sda")], ["S1"], kernel.machine)[0].serial == "S1"
    for name, serials in (("sda", []), ("sda", ["S2"]), ("sdc", [""]), ("nowhere", [])):
        with pytest.raises(KittingError, match=name):
            disks.choose([str(dev / name)], serials, kernel.machine)
    with pytest.raises(KittingError):
        disks.choose([str(dev / "sdb"), str(dev / "sdb")], [], kernel.machine)
    assert [disk.path.name for disk in disks.removable(kernel.machine)] == ["sdb"]


@pytest.mark.parametrize("use", ["mounted", "swap", "held", "own", DATA, CA])
def test_a_disk_in_use_is_refused_even_by_its_serial(use: str, tmp_path: Path) -> None:
    """Mounted, swapped to, under another device, started from or one of the office's media: never written."""
    kernel = Kernel(tmp_path)
    entry = kernel.add("sdb", 16, removable=True, serial="S1")
    if use == "mounted":
        kernel.mounts.append("36 35 8:17 / /media/photos rw - vfat /dev/other rw")
        kernel.tell()
    if use == "swap":
        (kernel.machine.proc / "swaps").write_text(f"Filename\n{kernel.machine.devices / 'sdb1'} partition 1 0 -2\n")
    if use == "held":
        (entry / "sdb1/holders/dm-0").mkdir()
    if use == "own":
        kernel.machine.own.write_text("sdb\n")
    if use in RESERVED:
        kernel.label("8:17", use)
    with pytest.raises(KittingError, match="sdb"):
        disks.choose([str(kernel.machine.devices / "sdb")], ["S1"], kernel.machine)
