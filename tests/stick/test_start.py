"""What the kiosk loads before its compositor is started: all of it is waited for, on a slow PC by the second."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("hanare_stick.kiosk.guardian", {"dataclasses", "inspect", "tomllib"}),
        ("hanare_stick.kiosk.settings", {"dataclasses", "msgspec", "tomllib"}),
        ("hanare_stick.kiosk.compositor", {"dataclasses", "hanare_stick.control_messages", "msgspec"}),
    ],
)
def test_the_compositor_is_started_before_the_kiosk_s_own_parts_are_loaded(module: str, without: set[str]) -> None:
    """What knows messages, pages and pictures comes while labwc starts (`warm`)."""
    command = [sys.executable, "-c", f"import {module}, sys; print(*sys.modules)"]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert module in loaded
    assert without.isdisjoint(loaded)
