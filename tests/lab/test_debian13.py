"""Debian 13's own Python and libraries, on which core, keyd, gateway and stick run in production."""

import pytest

from hanare_lab import tree
from hanare_lab.machine import Machine
from hanare_lab.root import CHECKOUT_INSIDE

pytestmark = pytest.mark.lab

SECONDS = 240.0
KILLS = "*/test_chaos.py"
"""Kills by the hundred, which the unit tests have already: they are about our transactions, not about libraries."""
_ROOMS = ":".join(f"{CHECKOUT_INSIDE}/{room}" for room in ("", "core", "keyd", "gateway", "stick"))


@pytest.mark.parametrize("room", ["core", "keyd"])
def test_a_room_passes_its_tests_there(room: str) -> None:
    """The unit tests pass with Debian's python3-* packages, warnings being errors."""
    own_settings = ["-c", "/dev/null", "--rootdir", CHECKOUT_INSIDE, "-p", "no:cacheprovider", "-W", "error"]
    with Machine("debian13", tree.ensure()) as machine:
        done = machine.run(
            [
                "python3",
                "-m",
                "pytest",
                *own_settings,
                "--import-mode=importlib",
                "-q",
                f"{CHECKOUT_INSIDE}/tests/{room}",
                f"--ignore-glob={KILLS}",
            ],
            env={"PYTHONPATH": _ROOMS, "HYPOTHESIS_STORAGE_DIRECTORY": "/run/hypothesis"},
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
