"""What a peer is, and what its files and processes need."""

from typing import Final, Protocol

from hanare_lab.city import City
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import until

START_S: Final = 20.0
WORKER: Final = "worker"
FOLDER: Final = "/etc/peers"

_PYTHON: Final = ("python3", "-c")


class Peer(Protocol):
    """One product between home PC and gateway of a city."""

    name: str
    sources: str
    """Where its packets come from at the office PC."""

    def connect(self) -> int:
        """Start the client; return when (Unix time, ns)."""

    def leave(self) -> None:
        """End the client."""

    def cut(self) -> int:
        """Have the server end the client; return when it was asked (Unix time, ns)."""

    def close(self) -> None:
        """End client and server."""


def files(machine: Machine, contents: dict[str, bytes]) -> None:
    """Write them where only root reads them."""
    for name, content in contents.items():
        machine.write(f"{FOLDER}/{name}", content, mode=0o600)


def stamped(city: City, script: str) -> int:
    """Run the script at the gateway; return the Unix time in ns that it prints first."""
    return int(city.gateway.run([*_PYTHON, script]).stdout.split()[0])


def until_said(process: Process, words: str) -> None:
    """Wait until the process has said so."""
    until(lambda: words in process.log_tail(), seconds=START_S, what=words, process=process)


def end(process: Process | None) -> None:
    """End it, if it runs."""
    if process is not None and process.alive:
        process.close()
