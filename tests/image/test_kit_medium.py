"""The data medium is mounted for real, in a namespace of its own, and survives whatever happens to mount and umount."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.image.test_stick_command import ENVIRONMENT, ROOT

_MOUNT = "/bin/mount --bind {medium} $place"
_UMOUNT = '/bin/umount "$@"'
_CTRL_C = "kill -INT 0"
_HANGS = "exec sleep 600"

CASES = {
    "nothing": ([_MOUNT], [_UMOUNT], ["CA.key kit.toml", "let go"]),
    "umount fails": ([_MOUNT], ["exit 32"], ["CA.key kit.toml", "mounted"]),
    "umount hangs": ([_MOUNT], [_HANGS], ["CA.key kit.toml", "mounted"]),
    "Ctrl-C during umount": ([_MOUNT], [_CTRL_C, _UMOUNT], ["CA.key kit.toml", "let go"]),
    "Ctrl-C during mount": ([_CTRL_C, _MOUNT, _CTRL_C], [_UMOUNT], ["CA.key kit.toml", "let go"]),
    "mount hangs when it is done": ([_MOUNT, _HANGS], [_UMOUNT], ["KittingError", "let go"]),
    "mount fails": (["exit 32"], [_UMOUNT], ["KittingError", "let go"]),
    "mount fails when it is done": ([_MOUNT, "exit 32"], ["exit 32"], ["KittingError", "mounted"]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_on_the_medium_lives(case: str, tmp_path: Path) -> None:
    """Whether a Ctrl-C, a failure or a time-out comes in between: no file is touched, and no place is left behind."""
    mount, umount, told = CASES[case]
    medium, programs, places = (tmp_path / name for name in ("medium", "bin", "tmp"))
    for folder in (medium, programs, places):
        folder.mkdir()
    for name in ("CA.key", "kit.toml"):
        (medium / name).write_text(name)
    for name, lines in (("mount", mount), ("umount", umount)):
        text = "\n".join(["#!/bin/sh", 'for place in "$@"; do :; done', *lines, ""])
        (programs / name).write_text(text.format(medium=medium))
        (programs / name).chmod(0o755)
    seconds = 3 if _HANGS in mount + umount else 60
    assert _opened(medium, seconds, programs, places) == told
    assert {path.name: path.read_text() for path in medium.iterdir()} == {"CA.key": "CA.key", "kit.toml": "kit.toml"}
    assert len(list(places.iterdir())) == ("mounted" in told)


def _opened(medium: Path, seconds: int, programs: Path, places: Path) -> list[str]:
    """Open it where a Ctrl-C reaches nobody else, and return what is told."""
    private = ["unshare", "--mount", "--propagation=private"]
    done = subprocess.run(
        [*private, sys.executable, "-m", "tests.image.medium_opened", str(medium), str(seconds)],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=ENVIRONMENT
        | {
            "PATH": f"{programs}:{ENVIRONMENT['PATH']}",
            "PYTHONPATH": f"{ENVIRONMENT['PYTHONPATH']}:{ROOT}:{ROOT}/lab",
            "TMPDIR": str(places),
        },
    )
    return done.stdout.splitlines()
