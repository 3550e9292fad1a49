"""The same stick in PCs of other firmware: UEFI without Secure Boot, and legacy BIOS; one sign-in each."""

from pathlib import Path

import pytest

from hanare_lab.firmware import Firmware
from tests.emulated.conftest import at_home

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.timeout(3000)]


@pytest.mark.parametrize("firmware", [Firmware.UEFI, Firmware.BIOS])
def test_signs_in_with_other_firmware(tmp_path: Path, firmware: Firmware) -> None:
    """From power-on by this firmware to the office desktop, by the PC's keyboard."""
    with at_home(tmp_path, firmware, {}) as home:
        home.session.wait_for_sign_in()
        home.session.sign_in(home.hall.workers[0])
        reached = home.hall.city.pcs[0].root / "tmp/reached"
        home.session.type_until("touch /tmp/reached", reached.exists)
