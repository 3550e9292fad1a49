"""The peers as Debian ships them, each between home PC and gateway: OpenVPN over UDP and TCP, ocserv over DTLS.

Defaults of their packages wherever there is a choice; certificates instead of passwords for OpenVPN (quicker), a
password for ocserv's account. No packet filter stands in their way. Both route the office's network to the client.
"""

import hashlib
import ssl
import time
from base64 import b64encode
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation import certificate
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import until

START_S: Final = 20.0
OPENVPN_PORT: Final = 1194
OCSERV_PORT: Final = 4443
MANAGEMENT_PORT: Final = 7505
WORKER: Final = "worker"
PASSWORD: Final = "only-in-the-lab"  # noqa: S105
_FOLDER: Final = "/etc/peers"
_BARRED: Final = f"{_FOLDER}/clients/{WORKER}"
"""OpenVPN's file of this client: without a word in it a killed client is back within seconds."""

_PYTHON: Final = ("python3", "-c")
_KILL: Final = f"""
import pathlib, socket, time
with socket.create_connection(("127.0.0.1", {MANAGEMENT_PORT})) as management:
    management.recv(4096)
    print(time.time_ns(), flush=True)
    pathlib.Path("{_BARRED}").write_text("disable\n")
    management.sendall(b"kill {WORKER}\\n")
    management.recv(4096)
"""
_DISCONNECT: Final = f"""
import os, time
print(time.time_ns(), flush=True)
os.execvp("occtl", ["occtl", "-s", "/run/occtl.socket", "disconnect", "user", "{WORKER}"])
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


class OpenVpn:
    """OpenVPN with certificates that each side knows the other's of."""

    sources = "10.8.0.0/24"

    def __init__(self, city: City, proto: str) -> None:
        self.name = f"openvpn_{proto}"
        self._city = city
        self._client: Process | None = None
        (server, server_key), (client, client_key) = certificate.make("server"), certificate.make(WORKER)
        gateway, home = city.gateway, city.homes[0].pc
        _files(gateway, {"server.pem": server, "server.key": server_key})
        _files(home, {"client.pem": client, "client.key": client_key})
        common = {"folder": _FOLDER, "port": OPENVPN_PORT}
        gateway.write(
            f"{_FOLDER}/server.conf",
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
            f"{_FOLDER}/client.conf",
            _OPENVPN_CLIENT.format(
                proto="udp" if proto == "udp" else "tcp-client",
                gateway=addresses.GATEWAY_WAN,
                fingerprint=_fingerprint(server),
                **common,
            ),
        )
        self._let_in()
        self._server = gateway.start(self.name, ["openvpn", f"{_FOLDER}/server.conf"])
        _until_said(self._server, "Initialization Sequence Completed")

    def connect(self) -> int:
        """Start the client."""
        self._let_in()
        started_ns = time.time_ns()
        self._client = self._city.homes[0].pc.start(self.name, ["openvpn", f"{_FOLDER}/client.conf"])
        return started_ns

    def leave(self) -> None:
        """End the client."""
        _end(self._client)

    def cut(self) -> int:
        """Bar the client and kill its session by the management interface."""
        return _stamped(self._city, _KILL)

    def close(self) -> None:
        """End both."""
        self.leave()
        _end(self._server)

    def _let_in(self) -> None:
        self._city.gateway.write(_BARRED, "", mode=0o644)


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
        _files(gateway, {"server.pem": public, "server.key": private})
        gateway.run(["ocpasswd", "-c", f"{_FOLDER}/passwords", WORKER], stdin=f"{PASSWORD}\n{PASSWORD}\n")
        office = {"office": addresses.OFFICE.network_address, "mask": addresses.OFFICE.netmask}
        gateway.write(f"{_FOLDER}/ocserv.conf", _OCSERV.format(folder=_FOLDER, port=OCSERV_PORT, **office))
        command = ["ocserv", "--foreground", "--config", f"{_FOLDER}/ocserv.conf", "--pid-file", "/run/ocserv.pid"]
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
        _end(self._client)

    def cut(self) -> int:
        """Disconnect the account's sessions by occtl."""
        return _stamped(self._city, _DISCONNECT)

    def close(self) -> None:
        """End both."""
        self.leave()
        _end(self._server)

    def _listens(self) -> bool:
        return bool(self._city.gateway.run(["ss", "-ltnH", f"sport = :{OCSERV_PORT}"]).stdout)


def _files(machine: Machine, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        machine.write(f"{_FOLDER}/{name}", content, mode=0o600)


def _stamped(city: City, script: str) -> int:
    return int(city.gateway.run([*_PYTHON, script]).stdout.split()[0])


def _until_said(process: Process, words: str) -> None:
    until(lambda: words in process.log_tail(), seconds=START_S, what=words, process=process)


def _end(process: Process | None) -> None:
    if process is not None and process.alive:
        process.close()


def _fingerprint(pem: bytes) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode())).digest().hex(":").upper()


def _pin(pem: bytes) -> str:
    public = x509.load_pem_x509_certificate(pem).public_key()
    digest = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"pin-sha256:{b64encode(digest).decode()}"
