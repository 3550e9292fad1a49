"""OpenVPN over UDP or TCP, with certificates that each side knows the other's of."""

import hashlib
import ssl
import time
from typing import Final

from bench.peers.peer import FOLDER, WORKER, end, files, stamped, until_said
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation import certificate
from hanare_lab.process import Process

OPENVPN_PORT: Final = 1194
MANAGEMENT_PORT: Final = 7505
_BARRED: Final = f"{FOLDER}/clients/{WORKER}"
"""OpenVPN's file of this client: without a word in it a killed client is back within seconds."""

_KILL: Final = f"""
import pathlib, socket, time
with socket.create_connection(("127.0.0.1", {MANAGEMENT_PORT})) as management:
    management.recv(4096)
    print(time.time_ns(), flush=True)
    pathlib.Path("{_BARRED}").write_text("disable\\n")
    management.sendall(b"kill {WORKER}\\n")
    management.recv(4096)
"""
_OPENVPN: Final = """dev tun0
topology subnet
proto {proto}
port {port}
server 10.8.0.0 255.255.255.0
cert {folder}/server.pem
key {folder}/server.key
dh none
<peer-fingerprint>
{fingerprint}
</peer-fingerprint>
push "route {office} {mask}"
keepalive 10 60
client-config-dir {folder}/clients
management 127.0.0.1 {management}
"""
_OPENVPN_CLIENT: Final = """client
dev tun0
proto {proto}
remote {gateway} {port}
nobind
cert {folder}/client.pem
key {folder}/client.key
<peer-fingerprint>
{fingerprint}
</peer-fingerprint>
"""


class OpenVpn:
    """OpenVPN with certificates that each side knows the other's of."""

    sources = "10.8.0.0/24"

    def __init__(self, city: City, proto: str) -> None:
        self.name = f"openvpn_{proto}"
        self._city = city
        self._client: Process | None = None
        (server, server_key), (client, client_key) = certificate.make("server"), certificate.make(WORKER)
        gateway, home = city.gateway, city.homes[0].pc
        files(gateway, {"server.pem": server, "server.key": server_key})
        files(home, {"client.pem": client, "client.key": client_key})
        common = {"folder": FOLDER, "port": OPENVPN_PORT}
        gateway.write(
            f"{FOLDER}/server.conf",
            _OPENVPN.format(
                proto="udp" if proto == "udp" else "tcp-server",
                fingerprint=_fingerprint(client),
                office=addresses.OFFICE.network_address,
                mask=addresses.OFFICE.netmask,
                management=MANAGEMENT_PORT,
                **common,
            ),
        )
        home.write(
            f"{FOLDER}/client.conf",
            _OPENVPN_CLIENT.format(
                proto="udp" if proto == "udp" else "tcp-client",
                gateway=addresses.GATEWAY_WAN,
                fingerprint=_fingerprint(server),
                **common,
            ),
        )
        self._let_in()
        self._server = gateway.start(self.name, ["openvpn", f"{FOLDER}/server.conf"])
        until_said(self._server, "Initialization Sequence Completed")

    def connect(self) -> int:
        """Start the client."""
        self._let_in()
        started_ns = time.time_ns()
        self._client = self._city.homes[0].pc.start(self.name, ["openvpn", f"{FOLDER}/client.conf"])
        return started_ns

    def leave(self) -> None:
        """End the client."""
        end(self._client)

    def cut(self) -> int:
        """Bar the client and kill its session by the management interface."""
        return stamped(self._city, _KILL)

    def close(self) -> None:
        """End both."""
        self.leave()
        end(self._server)

    def _let_in(self) -> None:
        self._city.gateway.write(_BARRED, "", mode=0o644)


def _fingerprint(pem: bytes) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode())).digest().hex(":").upper()
