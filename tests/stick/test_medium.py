"""What the image tells of the stick in its port, and what the agent does when it is gone."""

import asyncio
from pathlib import Path

import pytest

from hanare_stick import medium
from hanare_stick.medium import Medium


@pytest.mark.parametrize(
    ("told", "known", "stays"),
    [
        ("copying\n", Medium.COPYING, True),
        ("safe\n", Medium.SAFE, False),
        ("short-of-memory\n", Medium.SHORT_OF_MEMORY, True),
        ("not-copied\n", Medium.NOT_COPIED, True),
        ("damaged\n", Medium.DAMAGED, True),
        ("pulled\n", Medium.PULLED, False),
        ("what?\n", Medium.UNKNOWN, False),
    ],
)
def test_says_whether_the_stick_must_stay(tmp_path: Path, told: str, known: Medium, *, stays: bool) -> None:
    """Until the copy in memory is checked and in use the stick must stay; a word that is none is not believed."""
    (tmp_path / "state").write_text(told)
    assert medium.read(tmp_path / "state") is known
    assert medium.must_stay(known) is stays


def test_outside_an_image_nothing_is_known(tmp_path: Path) -> None:
    """Where nobody tells, nothing is shown and nothing locks."""
    assert medium.read(tmp_path / "state") is Medium.UNKNOWN


async def _waits(told: Path) -> bool:
    try:
        await asyncio.wait_for(medium.pulled(told), 0.1)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize(("told", "waits"), [("safe\n", True), ("pulled\n", False)])
def test_waits_for_the_pull(tmp_path: Path, told: str, *, waits: bool) -> None:
    """The wait ends when the stick is told to be out, and not before."""
    (tmp_path / "state").write_text(told)
    assert asyncio.run(_waits(tmp_path / "state")) is waits
