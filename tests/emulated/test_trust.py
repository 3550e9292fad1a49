"""F98: PCs whose Secure Boot trusts the present signing key, its successor, both, or neither.

Own test keys stand for the CA of 2011 and that of 2023, which PCs know one of, both, or (all deleted) none.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from hanare_lab import stick_file
from hanare_lab.city import City
from hanare_lab.demo_emulated import KEYS
from hanare_lab.emulated_pc import EmulatedPc, Hardware
from hanare_lab.errors import LabError
from hanare_lab.firmware import Firmware
from tests.emulated.conftest import IMAGE

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.story, pytest.mark.timeout(3000)]

STARTED_SECONDS: Final = 1500
REFUSED_SECONDS: Final = 120
"""A stick that starts has spoken by then on an idle machine; on a loaded one what it has read tells."""

MOST_LOADER_BYTES: Final = 4 << 20
"""Partition table, directories and the boot loader, which the firmware reads before it refuses."""


@pytest.mark.parametrize("trusted", [("db",), ("db-next",), ("db", "db-next")], ids="+".join)
def test_starts_by_either_key(tmp_path: Path, trusted: Sequence[str]) -> None:
    """The stick starts where Secure Boot trusts either key that signed it."""
    stick_file.write(tmp_path / "stick.img", IMAGE)
    hardware = Hardware(Firmware.SECURE_BOOT, trusted=trusted, serial=True)
    with City(log_dir=tmp_path) as city, EmulatedPc(city.homes[0], tmp_path, "stick.img", KEYS, hardware) as pc:
        assert pc.serial is not None
        pc.serial.wait_ready(STARTED_SECONDS)
        said = pc.serial.run("dmesg | grep -i 'secure boot'").output.lower()
        assert said
        assert "disabled" not in said


def test_nothing_starts_where_neither_is_trusted(tmp_path: Path) -> None:
    """Without either key the firmware refuses the boot loader; what to set then, the kitting manual says."""
    stick_file.write(tmp_path / "stick.img", IMAGE)
    hardware = Hardware(Firmware.SECURE_BOOT, trusted=(), serial=True)
    with City(log_dir=tmp_path) as city, EmulatedPc(city.homes[0], tmp_path, "stick.img", KEYS, hardware) as pc:
        assert pc.serial is not None
        with pytest.raises(LabError, match="nothing on its serial port"):
            pc.serial.wait_ready(REFUSED_SECONDS)
        assert 0 < pc.bytes_read() < MOST_LOADER_BYTES
        assert pc.picture("refused").colours > 1
