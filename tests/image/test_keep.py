"""The program that takes the stick into memory and watches it: whatever fails, a pulled stick is noticed."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.image import images
from tests.image.keep_watched import load

BLOCK: Final = 4096
ROOT: Final = Path(__file__).parents[2]
ALONE: Final = ("unshare", "--net")
"""With a network of its own it hears nobody else's words. The room that it asks for is root's alone to have."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a socket's room beyond the limit wants root")


def _tell(case: str, folder: Path, **programs: str) -> list[str]:
    """Run a case with these programs in place of the system's; return what it told."""
    places = folder / "bin"
    places.mkdir()
    for name, instead in programs.items():
        (places / name).symlink_to(f"/bin/{instead}")
    done = subprocess.run(
        [*ALONE, sys.executable, "-m", "tests.image.keep_watched", case, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": f"{places}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    return done.stdout.split("\n")


@pytest.mark.parametrize("case", ["heard", "among-many", "lost", "before"])
def test_a_stick_that_is_gone_is_noticed(case: str, tmp_path: Path) -> None:
    """By the kernel's word, among a thousand others, with that word lost for want of room, or gone from the start."""
    assert _tell(case, tmp_path) == ["gone"]


def test_a_stick_that_is_in_memory_may_go(tmp_path: Path) -> None:
    """Pulled out once it is safe, it is said to be pulled, and the PC stays on."""
    told = _tell("sound", tmp_path, mount="true", losetup="true", dmsetup="true")
    assert told == ["safe", "watches", "pulled"]


def test_a_damaged_stick_is_watched(tmp_path: Path) -> None:
    """The copy is not what was signed: that is said, and a stick that is pulled out then switches the PC off."""
    assert _tell("damaged", tmp_path) == ["damaged", "watches", "off", "damaged"]


@pytest.mark.parametrize("block", [0, 9, 130, 131])
def test_one_changed_bit_of_data_or_hash_tree_is_damage(block: int, tmp_path: Path) -> None:
    """The copy's hash tree goes on being used, so it must be the signed one too, in each of its levels."""
    data = images.root(1, 130 * BLOCK)
    keep, place = load(), tmp_path / "root.img"
    keep.COPY, keep.copy = place, lambda _: None
    told = len(data), len(data) // BLOCK, hashlib.sha256(data).digest(), bytes.fromhex(images.append_tree(place, data))
    assert place.stat().st_size == 133 * BLOCK
    assert keep.whole(*told)
    with place.open("r+b") as file:
        file.seek(block * BLOCK + 5)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    assert not keep.whole(*told)


@pytest.mark.parametrize(("case", "failing"), [("no-memory-disk", "mount"), ("no-mapping", "dmsetup")])
def test_a_stick_that_could_not_be_copied_is_watched(case: str, failing: str, tmp_path: Path) -> None:
    """A program that copies or switches over fails: that is said, and pulling the stick out switches the PC off."""
    working = {"mount": "true", "losetup": "true", "dmsetup": "true"}
    assert _tell(case, tmp_path, **{**working, failing: "false"}) == ["not-copied", "watches", "off", "not-copied"]


def test_a_watch_that_dies_switches_the_pc_off(tmp_path: Path) -> None:
    """Nobody would know of a pull any more, whether the copy is safe or not."""
    told = _tell("deaf", tmp_path, mount="true", losetup="true", dmsetup="true")
    assert "off" in told
    assert "pulled" not in told
