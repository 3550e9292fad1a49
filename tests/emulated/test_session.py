"""From power-on to the office desktop in an emulated PC with Secure Boot, and what the home PC keeps of it: nothing.

One boot for all, so the tests follow each other in the order of the day. F19–F22: disks, keys, swap, core dumps.
"""

import pytest

from hanare_lab import look
from hanare_lab.wait import until
from tests.emulated.conftest import Home, sha256

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.story, pytest.mark.timeout(3000)]

SAFE_SECONDS = 480
PCI_CLASSES = {"nvme": "0x010802", "ahci": "0x010601", "sd": "0x0805"}
USB_STORAGE = "08"
SLOW_KEYS_SECONDS = 9
"""Eight seconds of Shift switch slow keys on, where there are any (X Keyboard Extension, AccessX)."""
STICK_AND_ANOTHER = 2


def test_typed_sign_in_brings_the_office_desktop(home: Home) -> None:
    """Name, PIN and password typed on the PC's keyboard bring the office desktop; what is typed then reaches it."""
    home.session.wait_for_sign_in()
    home.session.sign_in(home.hall.workers[0])
    reached = home.hall.city.pcs[0].root / "tmp/reached"
    home.session.type_until("touch /tmp/reached", reached.exists)


def test_no_disk_but_the_stick(home: Home) -> None:
    """NVMe, SATA, SD and a second USB disk are attached, and none of them is a block device (F20)."""
    seen = set(home.run("ls /sys/block").split())
    own = home.run("cat /run/hanare-boot/disk").strip()
    assert own in seen
    assert {name for name in seen if not name.startswith(("dm-", "loop"))} == {own}
    attached = home.run("cat /sys/bus/pci/devices/*/class").split()
    for bus, kind in PCI_CLASSES.items():
        assert any(device.startswith(kind) for device in attached), bus
    assert home.run("cat /sys/bus/usb/devices/*/bInterfaceClass").split().count(USB_STORAGE) == STICK_AND_ANOTHER


def test_names_are_asked_of_the_home_router_only(home: Home) -> None:
    """The one name server is the one that the home's router told; the system has none of its own to fall back to."""
    told = [line.split()[1] for line in home.run("grep ^nameserver /etc/resolv.conf").splitlines()]
    assert told == [str(home.hall.city.homes[1].subnet[1])]


def test_no_driver_can_be_loaded_for_one(home: Home) -> None:
    """No module for an internal disk, RAID or a disk's file system is in the image (T2)."""
    for name in (
        "nvme",
        "ahci",
        "ata_piix",
        "sdhci",
        "mmc_block",
        "ext4",
        "ntfs3",
        "xfs",
        "btrfs",
        "dm_crypt",
        "raid1",
    ):
        assert "not found" in home.run(f"modprobe {name} 2>&1")


def test_nothing_is_kept(home: Home) -> None:
    """No swap, no core dump, no journal on a medium; the only writable medium is the stick's own identity (F22)."""
    assert home.run("tail -n +2 /proc/swaps").strip() == ""
    assert home.run("cat /proc/sys/kernel/core_pattern").strip() == "|/bin/false"
    assert home.run("ls /var/log/journal 2>&1").strip().endswith("No such file or directory")
    mounts = [line.split()[:3] for line in home.run("grep -E '^/dev/|/run/hanare-boot' /proc/mounts").splitlines()]
    assert sorted(kind for _, _, kind in mounts) == ["vfat"]


def test_the_desktop_is_the_first_to_go_when_memory_runs_out(home: Home) -> None:
    """Of all processes the kernel would end FreeRDP's, and the agent's unit goes on without it (F37)."""
    scores = home.run('cd /proc; for p in [0-9]*; do echo "$(cat $p/oom_score) $(cat $p/comm)"; done 2>/dev/null')
    score, name = max((int(line.split()[0]), line.split()[1]) for line in scores.splitlines() if line[0].isdigit())
    assert name.startswith("xfreerdp"), score
    for unit in ("hanare-agent", "hanare-screen"):
        assert home.run(f"systemctl show --value -p OOMPolicy {unit}").strip() == "continue"


@pytest.mark.parametrize(
    "keys",
    [("ctrl", "alt", "f2"), ("alt", "f4"), ("alt", "tab"), ("alt", "spc"), ("meta_l", "ret"), ("ctrl", "alt", "delete"),
     ("alt", "sysrq", "b"), ("print",), ("ctrl", "alt", "backspace"), ("alt", "f2")],
    ids="-".join,
)  # fmt: skip
def test_no_key_leads_out(home: Home, keys: tuple[str, ...]) -> None:
    """No key of compositor, kernel or console leaves the desktop: screen, terminal and processes stay (F19)."""
    home.session.return_to_desktop(home.hall.workers[0])
    before = home.run("pidof labwc; cat /sys/class/tty/tty0/active; pgrep -c . -u kiosk")
    home.session.pc.qmp.press(*keys)
    assert home.run("pidof labwc; cat /sys/class/tty/tty0/active; pgrep -c . -u kiosk") == before
    assert look.shows_office(home.session.pc.picture("keys").path)


def test_sticky_keys_do_nothing(home: Home) -> None:
    """Five times Shift, and Shift held for long: no window of an accessibility function, no key stays down (F34)."""
    home.session.return_to_desktop(home.hall.workers[0])
    before = home.run("pidof labwc; pgrep -c . -u kiosk")
    for _ in range(5):
        home.session.pc.qmp.press("shift")
    home.session.pc.qmp.hold(SLOW_KEYS_SECONDS, "shift_r")
    assert home.run("pidof labwc; pgrep -c . -u kiosk") == before
    assert look.shows_office(home.session.pc.picture("keys").path)
    reached = home.hall.city.pcs[0].root / "tmp/lower-case"
    home.session.type_until("touch /tmp/lower-case", reached.exists)


def test_pulled_out_stick_locks_the_session(home: Home) -> None:
    """After "safe to remove" the stick is pulled out: the screen is covered, and the PIN opens it without the stick."""

    def safe() -> bool:
        return home.run("cat /run/hanare-keep/state").strip() == "safe"

    until(safe, seconds=SAFE_SECONDS, what="the stick to be safe to remove", process=home.session.pc.process)
    home.session.return_to_desktop(home.hall.workers[0])
    home.session.pc.pull_stick()
    home.session.unlock(home.hall.workers[0])
    reached = home.hall.city.pcs[0].root / "tmp/reached-without-stick"
    home.session.type_until("touch /tmp/reached-without-stick", reached.exists)
    home.run("echo 3 >/proc/sys/vm/drop_caches")
    home.run("(find /usr/lib -name '*.so*' -type f -exec cat {} + && touch /run/all-read) >/dev/null 2>&1 &")
    until(lambda: home.run("ls /run/all-read 2>/dev/null"), seconds=SAFE_SECONDS, what="every library to be read")


def test_suspend_ends_it(home: Home) -> None:
    """The administrator suspends the stick: nothing of the office is on the screen any more, and receipts say so."""
    with home.hall.console() as console:
        result = console.suspend("sticks", home.stick)
    home.session.wait_covered()
    assert result["state"] == "stopped"
    assert result["receipts"]


def test_every_byte_of_the_disks_is_as_before(home: Home) -> None:
    """The PC is switched off; each disk that was attached has the very bytes that it had before (F21)."""
    home.session.pc.close()
    assert {name: sha256(home.folder / name) for name in home.disks} == home.disks
