"""ocserv over DTLS, with a password; openconnect takes DTLS by itself once TLS stands."""

import hashlib
import time
from base64 import b64encode
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.peers.peer import FOLDER, START_S, WORKER, end, files, stamped
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation import certificate
from hanare_lab.process import Process
from hanare_lab.wait import until

OCSERV_PORT: Final = 4443
PASSWORD: Final = "only-in-the-lab"  # noqa: S105
_DISCONNECT: Final = f"""
import os, time
print(time.time_ns(), flush=True)
os.execvp("occtl", ["occtl", "-s", "/run/occtl.socket", "disconnect", "user", "{WORKER}"])
"""
_OCSERV: Final = """auth = "plain[passwd={folder}/passwords]"
tcp-port = {port}
udp-port = {port}
run-as-user = nobody
run-as-group = nogroup
socket-file = /run/ocserv-socket
use-occtl = true
occtl-socket-file = /run/occtl.socket
server-cert = {folder}/server.pem
server-key = {folder}/server.key
max-clients = 16
max-same-clients = 2
keepalive = 300
dpd = 60
try-mtu-discovery = true
auth-timeout = 60
cookie-timeout = 60
device = vpns
ipv4-network = 10.9.0.0
ipv4-netmask = 255.255.255.0
route = {office}/{mask}
"""


class Ocserv:
    """ocserv with a password; openconnect takes DTLS by itself once TLS stands."""

    name = "ocserv_dtls"
    sources = "10.9.0.0/24"

    def __init__(self, city: City) -> None:
        self._city = city
        self._client: Process | None = None
        public, private = certificate.make("server")
        self._pin = _pin(public)
        gateway = city.gateway
        files(gateway, {"server.pem": public, "server.key": private})
        gateway.run(["ocpasswd", "-c", f"{FOLDER}/passwords", WORKER], stdin=f"{PASSWORD}\n{PASSWORD}\n")
        office = {"office": addresses.OFFICE.network_address, "mask": addresses.OFFICE.netmask}
        gateway.write(f"{FOLDER}/ocserv.conf", _OCSERV.format(folder=FOLDER, port=OCSERV_PORT, **office))
        command = ["ocserv", "--foreground", "--config", f"{FOLDER}/ocserv.conf", "--pid-file", "/run/ocserv.pid"]
        self._server = gateway.start(self.name, command)
        until(self._listens, seconds=START_S, what="ocserv", process=self._server)

    def connect(self) -> int:
        """Start the client."""
        started_ns = time.time_ns()
        command = [
            "openconnect",
            "--protocol=anyconnect",
            f"--user={WORKER}",
            "--passwd-on-stdin",
            f"--servercert={self._pin}",
            "--script=/usr/share/vpnc-scripts/vpnc-script",
            "--interface=tun0",
            f"https://{addresses.GATEWAY_WAN}:{OCSERV_PORT}",
        ]
        self._client = self._city.homes[0].pc.start(self.name, command, stdin=f"{PASSWORD}\n".encode())
        return started_ns

    def leave(self) -> None:
        """End the client."""
        end(self._client)

    def cut(self) -> int:
        """Disconnect the account's sessions by occtl."""
        return stamped(self._city, _DISCONNECT)

    def close(self) -> None:
        """End both."""
        self.leave()
        end(self._server)

    def _listens(self) -> bool:
        return bool(self._city.gateway.run(["ss", "-ltnH", f"sport = :{OCSERV_PORT}"]).stdout)


def _pin(pem: bytes) -> str:
    public = x509.load_pem_x509_certificate(pem).public_key()
    digest = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"pin-sha256:{b64encode(digest).decode()}"
