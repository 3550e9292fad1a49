"""What the stick makes of systemd-detect-virt's answer (F15)."""

from pathlib import Path

import pytest

from hanare_stick import machine


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo none; exit 1", ""),
        ("echo kvm", "kvm"),
        ("echo vm-other", "vm-other"),
        ("exit 1", machine.UNKNOWN),
        (None, machine.UNKNOWN),
    ],
)
def test_a_machine_that_is_not_surely_a_pc_is_named(
    script: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PC has no name; a virtual machine has its own, and so has one of which nobody knows what it is."""
    if script is not None:
        program = tmp_path / machine.PROGRAM
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.virtual() == told
