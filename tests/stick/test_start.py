"""What the programs load before they do anything: on a slow PC each library is a part of the way to the screen."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("program", "without"),
    [
        ("hanare_stick.agent", {"cryptography", "fido2", "pyroute2"}),
        ("hanare_stick.kiosk.guardian", {"dataclasses", "inspect", "tomllib"}),
        ("hanare_stick.kiosk.compositor", {"dataclasses", "hanare_stick.control_messages", "msgspec"}),
        ("hanare_stick.kiosk.acted", {"asyncio", "cryptography", "httpx", "nacl", "tempfile"}),
    ],
)
def test_a_program_starts_without_what_it_may_never_need(program: str, without: set[str]) -> None:
    """The agent loads what only an enrolment or the carrier needs when it needs it; the kiosk starts labwc first."""
    command = [sys.executable, "-c", f"import {program}, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert program in loaded
    assert without.isdisjoint(loaded)
