"""The same stick in PCs of other firmware: UEFI without Secure Boot, in English, and legacy BIOS; one sign-in each.

And the stick in compatible mode in a PC as it is sold: Secure Boot on, with Microsoft's keys and none of ours.
"""

from pathlib import Path

import pytest

from hanare_lab.firmware import Firmware
from hanare_lab.root import CHECKOUT
from tests.emulated.conftest import at_home

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.timeout(3000)]

COMPATIBLE = CHECKOUT / "var/image/test-compatible"


def test_signs_in_with_uefi_in_english(tmp_path: Path) -> None:
    """Without Secure Boot: English is chosen by the keyboard, then the whole walk until the stick is suspended."""
    with at_home(tmp_path, Firmware.UEFI, {}, keep="english") as home:
        worker = home.hall.workers[0]
        home.session.wait_for_sign_in(english=True)
        home.session.sign_in(worker)
        home.session.lock()
        home.session.unlock(worker)
        assert home.hall.console.suspend("sticks", home.stick)["state"] == "stopped"
        home.session.wait_covered()


def test_signs_in_with_legacy_bios(tmp_path: Path) -> None:
    """From power-on by a BIOS to the office desktop, where what is typed arrives."""
    with at_home(tmp_path, Firmware.BIOS, {}, keep="bios") as home:
        home.session.wait_for_sign_in()
        home.session.sign_in(home.hall.workers[0])
        reached = home.hall.city.pcs[0].root / "tmp/reached"
        home.session.type_until("touch /tmp/reached", reached.exists)


def test_a_pc_as_sold_starts_compatible_mode(tmp_path: Path) -> None:
    """Secure Boot stays on; from power-on to the office desktop, by a kernel that Debian signed and that is locked."""
    with at_home(tmp_path, Firmware.SECURE_BOOT, {}, keep="compatible", image=COMPATIBLE, keys=None) as home:
        home.session.wait_for_sign_in()
        said = home.run("dmesg | grep -i 'secure boot'; cat /sys/kernel/security/lockdown").lower()
        assert "secure boot enabled" in said
        assert "[integrity]" in said or "[confidentiality]" in said
        home.session.sign_in(home.hall.workers[0])
        reached = home.hall.city.pcs[0].root / "tmp/reached"
        home.session.type_until("touch /tmp/reached", reached.exists)
