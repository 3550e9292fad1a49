"""F18: among the sticks of a batch one is full, one lies about its size and one is pulled out; the good one is whole.

The good one is a real block device (a loop device over a file), the full one lies on a file system that is too small.
"""

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_image import disks, inspection, layout, stick
from hanare_image.media import Medium
from hanare_image.texts import say
from tests.image import images
from tests.image.bad_sticks import Failing, Honest, Wrapping
from tests.image.images import MIB

pytestmark = [pytest.mark.lab, pytest.mark.story]


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Path]:
    """Give a block device of the size of a stick."""
    backing = images.disk(tmp_path / "backing").path
    command = ["losetup", "--find", "--show", str(backing)]
    device = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()
    yield Path(device)
    subprocess.run(["losetup", "--detach", device], check=True, timeout=30)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that holds 16 MiB and no more."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=True, timeout=30)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)


def test_bad_sticks_are_named_and_the_good_one_is_whole(loop: Path, small: Path, tmp_path: Path) -> None:
    """Four sticks side by side: three faults, each told of its own stick, and one that is what was written."""
    folder = tmp_path / "image"
    built = images.make(folder, root_mib=24)
    full = images.disk(small / "full").path
    lying, pulled = (images.disk(tmp_path / name).path for name in ("lying", "pulled"))

    def opener(path: Path) -> Medium:
        if path == lying:
            return Wrapping(path, 2048 * MIB)
        if path == pulled:
            return Failing(path, 20 * MIB, errno.ENODEV)
        return Honest(path)

    chosen = disks.choose([str(path) for path in (loop, full, lying, pulled)])
    told = {one.disk.path: one for one in stick.write(chosen, folder, lambda *_: None, opener=opener)}
    assert told[loop].done, told[loop].said
    assert told[full].said == say("problem.full")
    assert say("problem.false-size", at="\0", size="\0").split("\0")[-1] in told[lying].said
    assert told[pulled].said == say("problem.gone")
    seen = inspection.look(loop, deep=True)
    assert inspection.differences(seen, built, folder, None) == []
    assert layout.root_name(built.root_hash) == built.root_partition
