"""The stick's sound on a home PC: the image's own settings on the real programs, with a speaker and a microphone.

PipeWire, WirePlumber and two PulseAudio sockets as in the image; both devices are PipeWire's own null ones, because the
lab's kernel has no card.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import hanare_image
from hanare_lab.installation.accounts import SOUND
from hanare_lab.machine import Machine
from hanare_lab.wait import listens, until

RUN: Final = "/run/hanare-sound"
PULSE: Final = "/run/hanare-pulse"
WAYS: Final = ("play", "talk")
READY_S: Final = 60.0

_FILES: Final = Path(hanare_image.__file__).parent / "build/files/worker"
_SETTINGS: Final = (
    "etc/hanare/sound/play.conf",
    "etc/hanare/sound/talk.conf",
    "etc/wireplumber/wireplumber.conf.d/hanare.conf",
)
_DEVICES: Final = """
context.objects = [
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = speaker
    media.class = Audio/Sink audio.position = [ FL FR ] } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = microphone
    media.class = Audio/Source/Virtual audio.position = [ FL FR ] } }
]
"""
_ENVIRONMENT: Final = {"XDG_RUNTIME_DIR": RUN, "HOME": "/nonexistent", "LANG": "C.UTF-8"}


class Sound:
    """Sound on this machine from now on."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        for name in _SETTINGS:
            machine.write(f"/{name}", (_FILES / name).read_bytes())
        machine.write("/etc/pipewire/pipewire.conf.d/devices.conf", _DEVICES)
        for folder in (RUN, PULSE):
            machine.run(["install", "-d", "-o", str(SOUND.uid), "-g", str(SOUND.gid), "-m", "0755", folder])
        self._start("pipewire", "pipewire", socket=f"{RUN}/pipewire-0")
        self._start("wireplumber", "wireplumber", "--profile=main-embedded")
        for way in WAYS:
            config = f"--config=/etc/hanare/sound/{way}.conf"
            self._start(f"pulse-{way}", "pipewire-pulse", config, socket=f"{PULSE}/{way}")
            machine.run(
                ["chmod", "0777", f"{PULSE}/{way}"]
            )  # in the image the socket is systemd's, for the desktop's group
        until(lambda: self.level("SINK"), seconds=READY_S, what="the speaker")

    def level(self, device: str) -> str:
        """Return what wpctl says of the default SINK's or SOURCE's volume; empty while there is none."""
        asked = ["wpctl", "get-volume", f"@DEFAULT_AUDIO_{device}@"]
        return self._machine.run(asked, user=SOUND, env=_ENVIRONMENT, check=False).stdout.strip()

    def microphone(self) -> str:
        """Return what wpctl says of the microphone, which is nobody's default."""
        nodes = json.loads(self._machine.run(["pw-dump"], user=SOUND, env=_ENVIRONMENT).stdout)
        (number,) = (
            one["id"] for one in nodes if one.get("info", {}).get("props", {}).get("node.name") == "microphone"
        )
        asked = ["wpctl", "get-volume", str(number)]
        return self._machine.run(asked, user=SOUND, env=_ENVIRONMENT).stdout.strip()

    def _start(self, name: str, *command: str, socket: str = "") -> None:
        process = self._machine.start(name, command, user=SOUND, env=_ENVIRONMENT)
        if socket:
            place = self._machine.root / socket.lstrip("/")
            until(listens(place), seconds=READY_S, what=name, process=process)
