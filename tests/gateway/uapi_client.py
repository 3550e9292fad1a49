"""A stick's end of a tunnel: wireguard-go in the home PC's network, set up by its UAPI socket."""

import socket
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey

from hanare_lab.machine import Machine
from hanare_lab.wait import until

START_S: Final = 10.0


class Tunnel:
    """One tunnel named `name` of the machine; `peer`: the other end in the lines of the UAPI."""

    def __init__(self, machine: Machine, name: str, key: PrivateKey, *, peer: str) -> None:
        process = machine.start(f"wireguard-{name}", ["wireguard-go", "-f", name])
        path = machine.root / f"run/wireguard/{name}.sock"
        until(lambda: _accepts(path), seconds=START_S, what="wireguard-go", process=process)
        self.process = process
        request = f"set=1\nprivate_key={bytes(key).hex()}\n{peer}\n"
        answer = self.ask(machine, name, request)
        assert answer == "errno=0\n\n", answer
        machine.ip(f"link set {name} mtu 1280 up")

    @staticmethod
    def ask(machine: Machine, name: str, request: str) -> str:
        """Return the answer of a wireguard-go in the machine."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(START_S)
            connection.connect(str(machine.root / f"run/wireguard/{name}.sock"))
            connection.sendall(request.encode())
            answer = b""
            while not answer.endswith(b"\n\n"):
                answer += connection.recv(65536)
        return answer.decode()


def _accepts(path: Path) -> bool:
    """Whether somebody listens: the path is there a moment before."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0
