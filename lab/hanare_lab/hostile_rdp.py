"""An office PC that turns on its own user: a relay before the real xrdp, with the PC's own certificate.

It runs on the office PC (`hanare_lab.rdp_relay`), tells what the client says, and does what its `Malice` is.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final

from hanare_lab.installation import checkout
from hanare_lab.machine import Machine
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.wait import until

PORT: Final = 3390
READY_SECONDS: Final = 60.0


class Malice(StrEnum):
    """What the relay does once the desktop is shown."""

    CLIPBOARD = "clipboard"
    """Speak on the clipboard's channel, which has not been joined."""
    DRIVES = "drives"
    """Ask for devices on the channel that sound needs as well."""
    DYNAMIC = "dynamic"
    """Open dynamic channels for disk, USB, camera, microphone, security keys and clipboard."""
    DAMAGE = "damage"
    """Flip bytes in what the host sends, more and more."""
    CUT = "cut"
    """Announce lengths that are not kept."""


class HostileRdp:
    """The relay on an office PC whose xrdp runs; give the stick `PORT`."""

    def __init__(self, machine: Machine, malice: Malice, seed: int = 1) -> None:
        # Each connection reads it anew; without channels a client has no number for any, and hears nothing on them.
        machine.run(["sed", "-i", "s/^allow_channels=.*/allow_channels=true/", "/etc/xrdp/xrdp.ini"])
        command = ["python3", "-m", "hanare_lab.rdp_relay", malice.value, str(seed), str(PORT), str(RDP_PORT)]
        environment = {"PYTHONPATH": checkout.python_path("lab")}
        self.process = machine.start("hostile-rdp", command, env=environment)
        until(lambda: self.told("ready"), seconds=READY_SECONDS, what="the hostile PC", process=self.process)

    def told(self, key: str) -> list[Any]:
        """Return what it noted under this key so far, oldest first."""
        notes = [json.loads(line) for line in self.process.log_text().splitlines() if line.startswith("{")]
        return [note[key] for note in notes if key in note]

    def said(self) -> list[tuple[str, bytes]]:
        """Return what the client said on channels: (name, or number of one that it never joined; first bytes)."""
        notes = [json.loads(line) for line in self.process.log_text().splitlines() if line.startswith('{"said"')]
        return [(note["said"], bytes.fromhex(note["content"])) for note in notes]
