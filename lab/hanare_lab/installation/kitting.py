"""The kitting station: a person's folder with the offline CA, used by the kitting command line.

It stands on the server machine's network here; in an office it is a PC of its own that is switched off afterwards.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec
from nacl.signing import SigningKey

from hanare_core import wire
from hanare_core.site import Endpoint, Site
from hanare_image import ca
from hanare_lab import addresses
from hanare_lab.installation import accounts, checkout, front
from hanare_lab.installation.commands import Commands, command_line
from hanare_lab.installation.gateway import Gateway
from hanare_lab.installation.server import Server
from hanare_lab.machine import Machine
from hanare_lab.process import Process


class Station:
    """One organisation's kitting station; the passphrase of its CA lives in this process only."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._commands = Commands(self._start_commands)
        self._folder = folder
        self._passphrase = secrets.token_urlsafe()
        self._written = 0
        self._make_folder(folder)
        self.ca_key = self._kitting("new-ca", str(folder / "ca")).strip()

    def prepare(
        self, *, organisation: str, organisation_name: str, help_desk: str, server: Server, gateways: Sequence[Gateway]
    ) -> None:
        """Write the site file that every stick written from now on gets."""
        site = Site(
            organisation=organisation,
            organisation_name=organisation_name,
            help_desk=help_desk,
            server_key=server.server_key(),
            server_certificate=server.tls_certificate.decode(),
            api=Endpoint(address=str(addresses.SERVER6), port=front.API_PORT),
            hub=Endpoint(address=str(addresses.SERVER6), port=front.HUB_PORT),
            tls_name=front.TLS_NAME,
            gateways=tuple(gateway.site for gateway in gateways),
        )
        self.site = site
        self._write("site.json", wire.encode(site))

    def gateway_list(self, number: int, gateways: Sequence[Gateway]) -> bytes:
        """Sign the list of every gateway that the office has from now on."""
        told = msgspec.structs.replace(self.site, gateways=tuple(gateway.site for gateway in gateways))
        self._write("new-site.json", wire.encode(told))
        output = self._folder / "gateways"
        files = [str(output), "--site", str(self._folder / "new-site.json"), "--number", str(number)]
        self._run("hanare_image.command", "gateways", *files, "--ca", str(self._folder / "ca"), "--passphrase-fd", "0")
        return (self._machine.root / str(output).lstrip("/")).read_bytes()

    def write(self, token: str, *, label: str) -> Path:
        """Write and register one stick; return the folder of its identity partition."""
        self._written += 1
        device = self._folder / f"stick-{self._written}"
        self._make_folder(device)
        self._write("token", token.encode())
        files = {"--ca": "ca", "--site": "site.json", "--token-file": "token"}
        named = [word for option, name in files.items() for word in (option, str(self._folder / name))]
        server = f"{addresses.SERVER}:{front.API_PORT}"
        self._kitting("write", str(device), *named, "--server", server, "--label", label)
        return device

    def certify(self, requests: bytes) -> bytes:
        """Sign what the server exported in a re-key; return what it imports."""
        self._write("requests", requests)
        answers = self._folder / "answers"
        files = [str(self._folder / "requests"), str(answers)]
        self._run("hanare_image.command", "certify", *files, "--ca", str(self._folder / "ca"), "--passphrase-fd", "0")
        return (self._machine.root / str(answers).lstrip("/")).read_bytes()

    def open_ca(self) -> SigningKey:
        """Return the CA's key, for a bench that makes more papers than a command line could."""
        return ca.open_ca(self._machine.root / str(self._folder / "ca").lstrip("/"), self._passphrase)

    def close(self) -> None:
        """Let go of the process that runs commands."""
        self._commands.close()

    def _make_folder(self, folder: Path) -> None:
        uid, gid = accounts.KITTING
        self._machine.run(["install", "-d", "-o", str(uid), "-g", str(gid), "-m", "0700", str(folder)])

    def _write(self, name: str, content: bytes) -> None:
        self._machine.write(str(self._folder / name), content, mode=0o600, owner=accounts.KITTING)

    def _kitting(self, *command: str) -> str:
        return self._run("hanare_image.kitting", *command)

    def _run(self, module: str, *command: str) -> str:
        return self._commands.run(module, command, stdin=self._passphrase + "\n")

    def _start_commands(self, descriptor: int) -> Process:
        return self._machine.start(
            "kitting",
            command_line(descriptor, "hanare_image.kitting"),
            user=accounts.KITTING,
            env={"PYTHONPATH": checkout.python_path("core", "image", "lab")},
            pass_fds=(descriptor,),
        )
