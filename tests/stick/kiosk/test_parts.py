"""The kiosk's small parts: battery, line, the compositor's settings, the Wayland wire, the link to the agent."""

import contextlib
import socket
import struct
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hanare_stick.control_messages import AnyEvent, Area, Line, Lock, Note
from hanare_stick.kiosk import battery, compositor, density, keys
from hanare_stick.kiosk.bindings import BINDINGS
from hanare_stick.kiosk.line import quality
from hanare_stick.kiosk.link import Link
from hanare_stick.kiosk.wayland import Connection


def supply(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir()
    for file, content in files.items():
        (folder / name / file).write_text(f"{content}\n")


def test_the_battery_of_the_pc_itself(tmp_path: Path) -> None:
    """A mouse's battery and the mains are not the PC's; a PC without a battery shows none."""
    assert battery.read(tmp_path) is None
    supply(tmp_path, "AC", type="Mains", online="1")
    supply(tmp_path, "A-mouse", type="Battery", scope="Device", capacity="11")
    assert battery.read(tmp_path) is None
    supply(tmp_path, "BAT0", type="Battery", capacity="83", status="Charging")
    assert battery.read(tmp_path) == (83, True)


def test_a_battery_that_says_nonsense_is_none(tmp_path: Path) -> None:
    """Broken sysfs files do not end the kiosk."""
    supply(tmp_path, "BAT0", type="Battery", capacity="unknown")
    supply(tmp_path, "BAT1", type="Battery")
    assert battery.read(tmp_path) is None


@pytest.mark.parametrize(
    ("silent", "rtt", "word"), [(0, 20, "good"), (0, 151, "slow"), (15, 20, "lost"), (14, 0, "good")]
)
def test_the_line_in_three_words(silent: int, rtt: int, word: str) -> None:
    """Silence is worse than slowness."""
    assert quality(Line(silent_s=silent, rtt_ms=rtt)) == word


@pytest.mark.parametrize(("keyboard", "layout"), [("jis", "jp"), ("us", "us")])
def test_the_compositor_has_the_kiosk_s_keys_and_no_menu(tmp_path: Path, keyboard: str, layout: str) -> None:
    """Its key bindings are words for the kiosk's pipe, its menu is empty, and no key leads to a virtual terminal."""
    compositor.write(tmp_path, keyboard, lights=False)
    settings = ET.parse(tmp_path / "labwc/rc.xml").getroot()  # noqa: S314 - our own file
    assert [bind.get("key") for bind in settings.iter("keybind")] == [
        *("C-A-Home", "XF86AudioRaiseVolume", "XF86AudioLowerVolume", "XF86AudioMute"),
        *("XF86MonBrightnessUp", "XF86MonBrightnessDown"),
    ]
    told = [action.get("command") for bind in settings.iter("keybind") for action in bind]
    assert told == [f"sh -c 'echo {name} >{tmp_path}/keys'" for name in BINDINGS]
    assert [action.get("name") for bind in settings.iter("mousebind") for action in bind] == ["None"]
    assert list(ET.parse(tmp_path / "labwc/menu.xml").getroot()) == []  # noqa: S314
    assert settings.findtext("core/autoEnableOutputs") == "no"
    environment = (tmp_path / "labwc/environment").read_text("utf-8").splitlines()
    assert f"XKB_DEFAULT_LAYOUT={layout}" in environment
    assert "XKB_DEFAULT_OPTIONS=srvrkeys:none" in environment


def test_every_key_that_is_bound_does_something() -> None:
    """What the compositor may write into the pipe is what the kiosk knows."""
    assert keys.ACTS.keys() == BINDINGS.keys()


def test_a_desktop_over_several_monitors_has_its_place_from_the_compositor(tmp_path: Path) -> None:
    """FreeRDP's window is moved and sized; browsers alone are maximised. On one monitor every window is."""
    compositor.write(tmp_path, "jis", lights=False, wide=Area(width=2560, height=680, top=40, monitors=2))
    assert rules(tmp_path) == [
        ("*", []),
        ("*-*", [{"name": "Maximize"}]),
        (
            "xfreerdp",
            [{"name": "MoveTo", "x": "0", "y": "40"}, {"name": "ResizeTo", "width": "2560", "height": "680"}],
        ),
    ]
    compositor.write(tmp_path, "jis", lights=False)
    assert rules(tmp_path) == [("*", []), ("*", [{"name": "Maximize"}])]


def rules(folder: Path) -> list[tuple[str | None, list[dict[str, str]]]]:
    settings = ET.parse(folder / "labwc/rc.xml").getroot()  # noqa: S314 - our own file
    return [(rule.get("identifier"), [action.attrib for action in rule]) for rule in settings.iter("windowRule")]


def compositor_double(path: Path, heard: list[bytes]) -> threading.Thread:
    """Offer one global, then answer each sync: the wire format alone, byte by byte."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener:
            peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            while data := peer.recv(4096):
                heard.append(data)
                if len(heard) == 1:
                    name = b"wl_seat\0"
                    body = struct.pack("=II", 7, len(name)) + name + struct.pack("=I", 9)
                    peer.sendall(struct.pack("=II", 2, (8 + len(body)) << 16) + body)
                peer.sendall(struct.pack("=III", 3, 12 << 16, 0))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_the_wire_format_is_wayland_s(tmp_path: Path) -> None:
    """A registry's offer is read, and a bind is written, as the protocol's wire format says."""
    heard: list[bytes] = []
    thread = compositor_double(tmp_path / "wayland-0", heard)
    connection = Connection(tmp_path / "wayland-0")
    assert (connection.globals["wl_seat"].name, connection.globals["wl_seat"].version) == (7, 9)
    connection.bind("wl_seat", 5)
    connection.close()
    thread.join(5)
    sent = b"".join(heard)
    wanted = struct.pack("=IIII", 2, 32 << 16, 7, 8) + b"wl_seat\0" + struct.pack("=II", 5, 4)
    assert sent.endswith(wanted)
    assert sent.startswith(struct.pack("=III", 1, 12 << 16 | 1, 2))


def test_the_link_hears_asks_and_notices_the_end(tmp_path: Path) -> None:
    """Lines arrive whole however they are cut, what is not understood is skipped, and a hang-up is told."""
    path = tmp_path / "control.sock"
    events: list[AnyEvent] = []
    link = Link(path, events.append)
    assert not link.connect()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        assert link.connect()
        agent, _ = listener.accept()
    with agent:
        assert agent.recv(100) == b'{"type":"status"}\n'
        agent.sendall(b'{"type":"future"}\n{"type":"note","note":"n-1","en":"","j')
        assert link.receive()
        agent.sendall(b'a":"a"}\n')
        assert link.receive()
        assert events == [Note(note="n-1", ja="a", en="")]
        link.ask(Lock())
        assert agent.recv(100) == b'{"type":"lock"}\n'
    assert not link.receive()
    assert not link.connected
    link.ask(Lock())


@pytest.mark.parametrize(
    ("pixels", "millimetres", "percent"),
    [
        (1366, 309, 100),
        (1920, 309, 125),
        (1920, 531, 100),
        (2880, 302, 225),
        (3840, 344, 250),
        (3840, 16, 100),
        (3840, 0, 100),
    ],
)
def test_fine_pixels_are_drawn_larger(pixels: int, millimetres: int, percent: int) -> None:
    """Laptops of 14 inches, a desk's monitor, a fine screen; a monitor that tells nonsense is taken as it comes."""
    assert density.scale(pixels, millimetres) == percent
