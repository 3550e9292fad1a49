"""An RDP host that asks for NLA: FreeRDP's shadow server over a screen in memory, with its accounts in a SAM file.

It stands in for a Windows PC where the proof of the password before the session is what matters (CredSSP, NTLM).
Limits: one screen for everybody, and of Windows' refusals it knows only the wrong password.
"""

from __future__ import annotations

import hashlib
import ssl
from typing import Final

from hanare_lab.machine import Machine
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.process import Process
from hanare_lab.screen import Screen
from hanare_lab.wait import until

READY_SECONDS: Final = 60.0
_FOLDER: Final = "/etc/hanare-nla"
_END: Final = "-----END CERTIFICATE-----"
_SAM: Final = f"{_FOLDER}/SAM"


class NlaPc:
    """The host on ``machine``, which needs a root of its own; ``fingerprint`` is what a stick pins."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.process: Process | None = None
        self._lines: list[str] = []
        machine.run(["install", "-d", "-m", "0700", _FOLDER])
        self._screen = Screen(machine, number=7, size=(1280, 720))

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate that the host made for itself when it started."""
        folder = self.machine.root / _FOLDER.lstrip("/")
        text = next(folder.rglob("*.crt")).read_text("ascii")
        certificate = text[: text.index(_END) + len(_END)]
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest().hex(":")

    def add_user(self, name: str, password: str) -> None:
        """Make an account; no secret stands in an argument list for longer than the hash takes."""
        done = self.machine.run(["winpr-hash3", "-u", name, "-p", password, "-f", "sam"])
        self._lines.append(done.stdout.strip())
        self.machine.write(_SAM, "".join(f"{line}\n" for line in self._lines), mode=0o600)

    def start(self) -> None:
        """Start the host and return when it takes connections."""
        self.machine.run(["xsetroot", "-solid", "#24476b"], env=self._screen.env)
        options = [f"/port:{RDP_PORT}", "/sec:nla", f"/sam-file:{_SAM}"]
        env = {**self._screen.env, "HOME": _FOLDER}
        self.process = self.machine.start("nla", ["freerdp-shadow-cli3", *options], env=env)
        until(self.listening, seconds=READY_SECONDS, what="the NLA host", process=self.process)

    def listening(self) -> bool:
        """Whether something waits on the RDP port."""
        return bool(self.machine.run(["ss", "-ltnH", f"sport = :{RDP_PORT}"]).stdout)
