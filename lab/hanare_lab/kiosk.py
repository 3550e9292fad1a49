"""A stick's real screen on a machine: labwc without hardware, the kiosk in it, a hand that types and an eye that looks.

The compositor draws into memory (headless backend, pixman renderer); keys come from
hanare_lab.typist, pictures by screencopy (grim). Both run as the kiosk's own user: nobody else may.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import Image

from hanare_lab.frames import WATCHING
from hanare_lab.installation import accounts, checkout
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.screen import Picture
from hanare_lab.wait import until

FOLDER: Final = "/run/hanare-kiosk"
DESKTOP_SOCKET: Final = f"{FOLDER}/desktop.sock"
KEYBOARD: Final = f"{FOLDER}/keyboard.sock"
NODE: Final = "/dev/input/event0"
"""Where the kernel would show that keyboard."""
TYPED_S: Final = 60.0
SETTINGS: Final = "/etc/hanare/kiosk.toml"
READY_S: Final = 60.0
_KEYS: Final = {"VirtualOutputAdd": "F11", "VirtualOutputRemove": "F12"}
_HEADLESS: Final = {
    "WLR_BACKENDS": "headless",
    "WLR_RENDERER": "pixman",
    "WLR_LIBINPUT_NO_DEVICES": "1",
    "GSK_RENDERER": "cairo",
    "GTK_A11Y": "none",
    "HOME": "/nonexistent",
    "LANG": "ja_JP.UTF-8",
}


class Kiosk:
    """The kiosk on a machine with a root of its own; ``control`` is the agent's socket."""

    def __init__(
        self, machine: Machine, control: str, *, size: tuple[int, int] = (1280, 720), monitors: int = 1
    ) -> None:
        self.machine = machine
        self._size = size
        self._monitors = monitors
        machine.write(SETTINGS, f'control = "{control}"\nfolder = "{FOLDER}"\ndesktop = "{DESKTOP_SOCKET}"\n')
        self.process: Process | None = None
        self._keyboard = machine.root / KEYBOARD.lstrip("/")

    def start(self) -> Process:
        """Start compositor and kiosk; return when the kiosk has made the desktop's socket and the screen its size."""
        uid, gid = accounts.KIOSK
        self.machine.run(["install", "-d", "-o", str(uid), "-g", str(gid), "-m", "0711", FOLDER])
        for left_over in (DESKTOP_SOCKET, KEYBOARD):
            (self.machine.root / left_over.lstrip("/")).unlink(missing_ok=True)
        environment = {**_HEADLESS, "PYTHONPATH": checkout.python_path("core", "stick")}
        environment["WLR_HEADLESS_OUTPUTS"] = str(self._monitors)
        command = ["python3", "-m", "hanare_stick.kiosk", SETTINGS]
        self.process = self.machine.start("kiosk", command, user=accounts.KIOSK, env=environment)
        ready = (self.machine.root / DESKTOP_SOCKET.lstrip("/")).exists
        until(ready, seconds=READY_S, what="the kiosk", process=self.process)
        self._plug_keyboard()
        width, height = self._size
        for number in range(1, self._monitors + 1):
            self.tool("wlr-randr", "--output", monitor(number), "--custom-mode", f"{width}x{height}")
        return self.process

    def kiosk_pid(self) -> int:
        """Return the process id of the kiosk itself, inside the compositor."""
        return int((self.machine.root / FOLDER.lstrip("/") / "kiosk.pid").read_text())

    def type(self, text: str) -> None:
        """Type text."""
        self._typist(text=text)

    def press(self, *keys: str, modifiers: tuple[str, ...] = ()) -> None:
        """Press keys by their names (Tab, Return, Home), with modifiers (ctrl, alt, shift, logo) held."""
        self._typist(keys=keys, hold=modifiers)

    def picture(self, path: Path, name: str | None = None) -> Picture:
        """Write a PNG of what this monitor shows now; None: all of them, as they stand side by side."""
        inside = "/tmp/kiosk.png"  # noqa: S108 - the machine's own
        self.tool("grim", *(("-o", name) if name is not None else ()), inside)
        taken = self.machine.root / inside.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(taken.read_bytes())
        taken.unlink()
        with Image.open(path) as image:
            rgb = image.convert("RGB")
            colours = rgb.getcolors(maxcolors=rgb.width * rgb.height) or []
        return Picture(path, rgb.width, rgb.height, len(colours))

    def watch(self, name: str) -> Path:
        """Keep every frame of a part of this monitor from now on; return the folder (hanare_lab.frames)."""
        inside = f"/tmp/frames-{name}"  # noqa: S108 - the machine's own
        uid, gid = accounts.KIOSK
        self.machine.run(["install", "-d", "-o", str(uid), "-g", str(gid), inside])
        command = ["python3", "-m", "hanare_lab.frames", name, inside]
        watcher = self.machine.start(f"frames-{name}", command, user=accounts.KIOSK, env=self._own_environment)
        folder = self.machine.root / inside.lstrip("/")
        until((folder / WATCHING).exists, seconds=READY_S, what="the watcher", process=watcher)
        return folder

    def plug(self, name: str) -> None:
        """Plug this monitor in; return when it is lit."""
        until(lambda: self._acted("VirtualOutputAdd", name) and name in self.monitors(), seconds=READY_S, what=name)

    def unplug(self, name: str) -> None:
        """Pull this monitor's cable out; return when it is gone."""
        until(
            lambda: self._acted("VirtualOutputRemove", name) and name not in self.monitors(), seconds=READY_S, what=name
        )

    def monitors(self) -> set[str]:
        """Return the names of the monitors that are lit."""
        heads = json.loads(self.tool("wlr-randr", "--json"))
        return {head["name"] for head in heads if head["enabled"]}

    def close(self) -> None:
        """Take the screen away."""
        if self.process is not None:
            self.process.close()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a privileged client of this compositor needs."""
        return {"XDG_RUNTIME_DIR": FOLDER, "WAYLAND_DISPLAY": "wayland-0"}

    def _acted(self, action: str, name: str) -> bool:
        """Have the compositor do this to a monitor, by a key that it gets until the kiosk writes its settings anew."""
        settings = self.machine.root / FOLDER.lstrip("/") / "labwc/rc.xml"
        binding = f'<keybind key="W-{_KEYS[action]}"><action name="{action}" output_name="{name}"/></keybind>'
        own = settings.read_text("utf-8")
        if binding not in own:
            fresh = settings.with_suffix(".new")
            fresh.write_text(own.replace("<keyboard>", f"<keyboard>{binding}"), "utf-8")
            fresh.chmod(0o644)
            fresh.rename(settings)
            self.machine.run(["sh", "-c", "kill -HUP $(ps -C labwc -o pid=)"])
        self.press(_KEYS[action], modifiers=("logo",))
        return True

    @property
    def _own_environment(self) -> Mapping[str, str]:
        return {**self.environment, "PYTHONPATH": checkout.python_path("core", "stick", "lab")}

    def _plug_keyboard(self) -> None:
        self.machine.run(["sh", "-c", f"mkdir -p {Path(NODE).parent}; [ -p {NODE} ] || mkfifo -m 666 {NODE}"])
        command = ["python3", "-m", "hanare_lab.typist", KEYBOARD, NODE]
        typist = self.machine.start("typist", command, user=accounts.KIOSK, env=self._own_environment)
        until(self._keyboard.exists, seconds=READY_S, what="the keyboard", process=typist)

    def _typist(self, **wanted: object) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TYPED_S)
            connection.connect(str(self._keyboard))
            connection.sendall(json.dumps(wanted).encode() + b"\n")
            connection.recv(64)

    def tool(self, *command: str) -> str:
        """Run a privileged client of the compositor and return what it printed."""
        return self.machine.run(command, user=accounts.KIOSK, env=self.environment).stdout


def monitor(number: int) -> str:
    """Return the name of a monitor, counted from 1."""
    return f"HEADLESS-{number}"
