"""F37: memory runs out. The kernel kills what shows the office, everything else lives, and the PIN brings it back.

Files in memory fill it: they belong to no process, so the kernel's choice is by our scores alone, as with a desktop
that grows too big.
"""

from pathlib import Path
from typing import Final

import pytest

from hanare_lab import look
from hanare_lab.firmware import Firmware
from hanare_lab.wait import until
from tests.emulated.conftest import Home, at_home

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.soak, pytest.mark.story, pytest.mark.timeout(3000)]

STARTED_SECONDS: Final = 1500
FULL_SECONDS: Final = 900
"""An emulated PC on a busy machine writes its 3 GB of free memory in minutes."""

QUICK_LOOK_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 5.0

OURS: Final = (
    "pidof labwc; cat /run/hanare-kiosk/kiosk.pid; systemctl show --value -p MainPID hanare-agent hanare-screen"
)
"""The processes that must not go with the desktop."""

FILL: Final = """\
desktop=$(pidof xfreerdp3)
mkdir -p /run/fill
mount -t tmpfs -o size=100% fill /run/fill
piece=0
while [ "$(pidof xfreerdp3)" = "$desktop" ]; do
    dd if=/dev/zero of=/run/fill/$piece bs=1M count=16 || break
    piece=$((piece + 1))
done
umount /run/fill
touch /run/filled
"""


def test_memory_that_runs_out_takes_the_desktop_alone(tmp_path: Path) -> None:
    """FreeRDP is killed, no other process of ours, no desktop is seen bare, and the PIN brings it back."""
    with at_home(tmp_path, Firmware.UEFI, {}, keep="out-of-memory") as home:
        serial = home.session.pc.serial
        assert serial is not None
        serial.wait_ready(STARTED_SECONDS)
        home.session.wait_for_sign_in()
        home.session.sign_in(home.hall.workers[0])
        before = home.run(OURS)
        home.run(f"cat >/run/fill.sh <<'END'\n{FILL}END\nsetsid sh /run/fill.sh >/dev/null 2>&1 &")
        see_locked(home)
        filled = lambda: home.run("ls /run/filled 2>/dev/null")  # noqa: E731
        until(filled, seconds=FULL_SECONDS, what="memory to be free again", every=LOOK_SECONDS)
        assert "xfreerdp3" in home.run("dmesg | grep 'Out of memory: Killed process'")
        assert home.run(OURS) == before
        home.session.unlock(home.hall.workers[0])


def see_locked(home: Home) -> None:
    """Look until the lock page asks; the office desktop is never seen without bar and watermark meanwhile."""

    def asks() -> bool:
        picture = home.session.pc.picture("memory-full").path
        assert not look.shows_office(picture) or look.guarded(picture)
        return look.asks(picture)

    process = home.session.pc.process
    until(asks, seconds=FULL_SECONDS, what="the lock page", process=process, every=QUICK_LOOK_SECONDS)
