"""From power-on to the office desktop in an emulated PC with Secure Boot, and what the home PC keeps of it: nothing.

One boot for all, so the tests follow each other in the order of the day. F15: the emulated PC is a virtual machine.
F19–F22: keys, disks, swap, core dumps. F30, F33: the home's network is hostile (hanare_lab.hostile_lan). F36, F39:
after every key and every kill the desktop is seen beneath bar and watermark, or not at all.
"""

from pathlib import Path
from typing import Final

import pytest

from hanare_core.problems import Code
from hanare_lab import addresses, look
from hanare_lab.wait import until
from tests.emulated.conftest import Home, make_disk, sha256
from tests.emulated.lid import close_lid

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.story, pytest.mark.timeout(3000)]

SAFE_SECONDS = 480
PCI_CLASSES = {"nvme": "0x010802", "ahci": "0x010601", "sd": "0x0805"}
USB_STORAGE = "08"
SLOW_KEYS_SECONDS = 9
"""Eight seconds of Shift switch slow keys on, where there are any (X Keyboard Extension, AccessX)."""
STICK_AND_ANOTHER = 2
PLUGGED_SECONDS = 60
"""An emulated PC takes a second or two to find what was plugged in."""
KERNEL_KEYS: Final = [
    *(("ctrl", "alt", f"f{number}") for number in range(1, 13)),
    *(("alt", "sysrq", letter) for letter in "reikfb"),
]
"""Another terminal; keyboard from the screen, all processes ended or killed, the terminal's, the largest, a restart."""
HELD: Final = "pidof labwc; cat /sys/class/tty/tty0/active; pgrep -c . -u kiosk; pgrep -x xfreerdp3"
"""What none of them may change."""
KEYBOARD: Final = "input: .*USB Keyboard"
"""What the kernel says of the first keyboard."""
SCREEN_PROGRAMS = {
    "compositor": "$(pidof labwc)",
    "kiosk": "$(cat /run/hanare-kiosk/kiosk.pid)",
    "guardian": "$(systemctl show --value -p MainPID hanare-screen)",
}
"""What the screen is made of → how its process is found."""
SCORE_AND_NAME = 2
PAGE_SECONDS: Final = 480
QUICK_LOOK_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 5.0
"""Between two questions by the serial port: each takes the emulated PC a second or more."""


def test_nothing_is_wrong_at_first(home: Home) -> None:
    """The first page is a fresh stick's tour, which leads to the sign-in before the office is reached."""
    home.session.wait_for_sign_in()
    assert not look.alarms(home.folder / "first.png")


def test_a_virtual_machine_is_refused_at_first(home: Home) -> None:
    """The stick finds out that its PC is a virtual machine: the sign-in is refused, said so, and audited (F15).

    Name and PIN are typed before the office is reached; nobody reads meanwhile that it is out of reach.
    """
    home.session.be_refused(home.hall.workers[0])
    assert Code.VIRTUAL_MACHINE in home.hall.manage("audit_export")
    home.hall.change_profile(vm_allowed=True)


def desktop_stands(picture: Path) -> bool:
    """Whether the office desktop is seen, beneath bar and watermark."""
    return look.shows_office(picture) and look.guarded(picture)


def test_typed_sign_in_brings_the_office_desktop(home: Home) -> None:
    """Name, PIN and password typed on the PC's keyboard bring the office desktop; what is typed then reaches it."""
    home.session.sign_in(home.hall.workers[0], again=True)
    reached = home.hall.city.pcs[0].root / "tmp/reached"
    home.session.type_until("touch /tmp/reached", reached.exists)


def test_the_screen_hears_the_pcs_own_devices(home: Home) -> None:
    """The kiosk may read the kernel's input devices: without them it would take a person who types for one who left."""
    assert "/dev/input/event" in home.run("ls -l /proc/$(cat /run/hanare-kiosk/kiosk.pid)/fd")


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


def test_one_can_type_when_the_first_page_asks(home: Home) -> None:
    """The keyboard comes before the page that is typed into: no key that is pressed there is lost."""
    keyboard = float(home.run(f"dmesg | grep -m1 '{KEYBOARD}' | tr -d '[]'").split()[0])
    page = home.run("systemctl show --value -p ActiveEnterTimestampMonotonic hanare-screen")
    assert keyboard < int(page) / 1e6


def test_names_are_asked_of_the_home_router_only(home: Home) -> None:
    """The one name server is the one that the home's router told; the system has none of its own to fall back to."""
    told = [line.split()[1] for line in home.run("grep ^nameserver /etc/resolv.conf").splitlines()]
    assert told == [str(home.hall.city.homes[1].subnet[1])]


def test_no_router_leads_the_office_astray(home: Home) -> None:
    """The router claims to be the way to the server's own address and to the doors; the tunnel stays it (F30)."""
    assert "dev hn-door" in home.run(f"ip -6 route get {addresses.SERVER6}")
    assert " proto ra" not in home.run("ip -6 route show")
    assert home.run("hostname").strip() == "hanare"


def test_temporary_files_are_in_memory(home: Home) -> None:
    """One folder for all, which the initrd makes before anything of the root starts (T2)."""
    (line,) = home.run("grep ' /tmp ' /proc/mounts").splitlines()
    _, _, kind, options, *_ = line.split()
    assert kind == "tmpfs"
    assert {"nosuid", "nodev"} <= set(options.split(","))
    assert home.run("stat -c '%a %U' /tmp /tmp/.X11-unix").splitlines() == ["1777 root", "1777 root"]


def test_the_firmware_has_no_say(home: Home) -> None:
    """The PC's firmware names a file that systemd is to write as root (a credential): it is told, and not obeyed."""
    assert "io.systemd.credential" in home.run("cat /sys/firmware/dmi/entries/11-*/raw")
    assert home.run("test -e /run/from-firmware && echo made").strip() == ""


def test_a_scan_finds_nothing(home: Home) -> None:
    """Every TCP port, UDP and ping are knocked at from the home's network: no answer, not even a refusal (F33)."""
    with home.listen("scan") as heard:
        told = home.lan.scan()
        assert home.permitted().others(heard.stop()) == []
    for said in ("65535 filtered tcp ports", "100 open|filtered udp ports", "100% packet loss"):
        assert said in told, told


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


def test_times_are_the_offices_own(home: Home) -> None:
    """Watermark and notices say the time of Japan, whatever the PC's clock is set to."""
    assert home.run("date +%z").strip() == "+0900"


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
    told = [line.split(maxsplit=1) for line in scores.splitlines()]
    score, name = max((int(words[0]), words[1]) for words in told if len(words) == SCORE_AND_NAME)
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
    assert desktop_stands(home.session.pc.picture(f"keys-{'-'.join(keys)}").path)


def test_no_key_of_the_kernel_leads_out(home: Home) -> None:
    """Ctrl-Alt with every function key, SysRq with every letter that ends something: on the desktop and when locked."""
    home.session.return_to_desktop(home.hall.workers[0])
    before = home.run(HELD)
    for keys in KERNEL_KEYS:
        home.session.pc.qmp.press(*keys)
    assert home.run(HELD) == before
    assert desktop_stands(home.session.pc.picture("keys-kernel").path)
    home.session.lock()
    see_covered(home, "keys-kernel-locked")
    before = home.run(HELD)
    for keys in KERNEL_KEYS:
        home.session.pc.qmp.press(*keys)
    assert home.run(HELD) == before
    home.session.unlock(home.hall.workers[0])


def test_sticky_keys_do_nothing(home: Home) -> None:
    """Five times Shift, and Shift held for long: no window of an accessibility function, no key stays down (F34)."""
    home.session.return_to_desktop(home.hall.workers[0])
    before = home.run("pidof labwc; pgrep -c . -u kiosk")
    for _ in range(5):
        home.session.pc.qmp.press("shift")
    home.session.pc.qmp.hold(SLOW_KEYS_SECONDS, "shift_r")
    assert home.run("pidof labwc; pgrep -c . -u kiosk") == before
    assert desktop_stands(home.session.pc.picture("keys-sticky").path)
    reached = home.hall.city.pcs[0].root / "tmp/lower-case"
    home.session.type_until("touch /tmp/lower-case", reached.exists)


def test_a_disk_plugged_in_later_is_none(home: Home) -> None:
    """A USB disk that is plugged in during a session is seen on its port, and is no block device (F20)."""
    before = home.run("ls /sys/block")
    home.disks["later.img"] = make_disk(home.folder / "later.img", "ext4")
    home.session.pc.plug_in_disk("later.img")
    driven = "ls -d /sys/bus/usb/drivers/usb-storage/*:* /sys/bus/usb/drivers/uas/*:* 2>/dev/null"
    driver_has_it = lambda: len(home.run(driven).split()) > STICK_AND_ANOTHER  # noqa: E731
    until(driver_has_it, seconds=PLUGGED_SECONDS, what="the disk on its port", every=LOOK_SECONDS)
    home.run("udevadm settle")
    assert home.run("ls /sys/block") == before


def test_a_keyboard_plugged_in_later_is_no_way_out(home: Home) -> None:
    """The keyboard is unplugged and another plugged in: it types into the desktop, and leads nowhere else (F19)."""
    home.session.return_to_desktop(home.hall.workers[0])
    home.session.pc.change_keyboard()
    reached = home.hall.city.pcs[0].root / "tmp/other-keyboard"
    home.session.type_until("touch /tmp/other-keyboard", reached.exists)
    before = home.run("pidof labwc; cat /sys/class/tty/tty0/active; pgrep -c . -u kiosk")
    for keys in (("ctrl", "alt", "f2"), ("alt", "sysrq", "b"), ("meta_l", "r")):
        home.session.pc.qmp.press(*keys)
    assert home.run("pidof labwc; cat /sys/class/tty/tty0/active; pgrep -c . -u kiosk") == before
    assert desktop_stands(home.session.pc.picture("keys-other-keyboard").path)


@pytest.mark.parametrize("program", SCREEN_PROGRAMS)
def test_a_killed_screen_is_locked(home: Home, program: str) -> None:
    """One of these programs killed with -9: never a shell or a bare desktop; the PIN brings it back (F36, F39)."""
    home.session.return_to_desktop(home.hall.workers[0])
    home.run(f"kill -KILL {SCREEN_PROGRAMS[program]}")
    see_covered(home, f"killed-{program}")
    home.session.unlock(home.hall.workers[0])


def test_a_killed_desktop_is_locked(home: Home) -> None:
    """FreeRDP killed with -9: the lock page stands and says so; the PIN brings the desktop back."""
    home.session.return_to_desktop(home.hall.workers[0])
    home.run("pkill -KILL -x xfreerdp3")
    see_covered(home, "killed-xfreerdp3")
    home.session.unlock(home.hall.workers[0])


def test_a_killed_screen_server_ends_the_session(home: Home) -> None:
    """The X that FreeRDP draws on is killed with -9: the sign-in page stands, and a sign-in brings it back."""
    home.session.return_to_desktop(home.hall.workers[0])
    home.run("pkill -KILL -x Xwayland")
    see_covered(home, "killed-Xwayland")
    home.session.sign_in(home.hall.workers[0], again=True)


def see_covered(home: Home, name: str) -> None:
    """Look until a page of the kiosk asks; the office desktop is never seen without bar and watermark meanwhile."""

    def asks() -> bool:
        picture = home.session.pc.picture(name).path
        assert not look.shows_office(picture) or look.guarded(picture)
        return look.asks(picture)

    process = home.session.pc.process
    until(asks, seconds=PAGE_SECONDS, what="the kiosk's page", process=process, every=QUICK_LOOK_SECONDS)


def test_a_closed_lid_locks(home: Home) -> None:
    """The lid is closed and opened again: the lock page stands, and the PIN brings the desktop back (F38)."""
    home.session.return_to_desktop(home.hall.workers[0])
    close_lid(home)
    see_covered(home, "lid-closed")
    home.session.unlock(home.hall.workers[0])


def test_pulled_out_stick_locks_the_session(home: Home) -> None:
    """After "safe to remove" the stick is pulled out: the screen is covered, and the PIN opens it without the stick."""

    def safe() -> bool:
        return home.run("cat /run/hanare-keep/state").strip() == "safe"

    process = home.session.pc.process
    until(safe, seconds=SAFE_SECONDS, what="the stick to be safe to remove", process=process, every=LOOK_SECONDS)
    home.session.return_to_desktop(home.hall.workers[0])
    home.session.pc.pull_stick()
    home.session.unlock(home.hall.workers[0])
    reached = home.hall.city.pcs[0].root / "tmp/reached-without-stick"
    home.session.type_until("touch /tmp/reached-without-stick", reached.exists)
    home.run("echo 3 >/proc/sys/vm/drop_caches")
    home.run("(find /usr/lib -name '*.so*' -type f -exec cat {} + && touch /run/all-read) >/dev/null 2>&1 &")
    read = lambda: home.run("ls /run/all-read 2>/dev/null")  # noqa: E731
    until(read, seconds=SAFE_SECONDS, what="every library to be read", every=LOOK_SECONDS)


def test_suspend_ends_it(home: Home) -> None:
    """The administrator suspends the stick: nothing of the office is on the screen any more, and receipts say so."""
    result = home.hall.console.suspend("sticks", home.stick)
    home.session.wait_covered()
    assert result["state"] == "stopped"
    assert result["receipts"]


def test_nothing_else_was_said_to_the_home(home: Home) -> None:
    """From power-on to here: an address, the gateway's name, the tunnels, and nothing else left the PC (F30)."""
    packets = home.traffic.stop()
    assert any(packet.target == addresses.GATEWAY_WAN for packet in packets)
    assert home.permitted().others(packets) == []


def test_every_byte_of_the_disks_is_as_before(home: Home) -> None:
    """The PC is switched off; each disk that was attached has the very bytes that it had before (F21)."""
    home.session.pc.close()
    assert {name: sha256(home.folder / name) for name in home.disks} == home.disks
