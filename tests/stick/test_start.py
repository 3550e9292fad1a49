"""What the programs load before they do anything: on a slow PC each library is a part of the way to the screen."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("hanare_stick.kiosk.guardian", {"dataclasses", "inspect", "tomllib"}),
        ("hanare_stick.kiosk.settings", {"dataclasses", "msgspec", "tomllib"}),
        ("hanare_stick.kiosk.compositor", {"dataclasses", "hanare_stick.control_messages", "msgspec"}),
        ("hanare_stick.kiosk.acted", {"asyncio", "cryptography", "dataclasses", "httpx", "nacl", "tempfile"}),
        ("hanare_stick.agent", {"cryptography", "fido2"}),
    ],
)
def test_a_part_is_loaded_without_what_comes_later_or_never(module: str, without: set[str]) -> None:
    """What knows messages, pages and pictures comes once the kiosk is forked; an enrolment's libraries with one."""
    command = [sys.executable, "-c", f"import {module}, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert module in loaded
    assert without.isdisjoint(loaded)
