"""Web applications on the lab's internet, and the DNS that knows them.

Each has an address of its own on the internet's machine, and TLS on 443 that answers each line with the address the
connection came from; port 80 answers too, so that what does not pass there was held back by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Final

from hanare_lab import addresses
from hanare_lab.installation import certificate
from hanare_lab.machine import Machine
from hanare_lab.wait import until

READY_SECONDS: Final = 60.0
RESOLVER: Final = addresses.INTERNET
FIRST: Final = IPv4Address("203.0.113.101")

_SERVER: Final = """
import socketserver, ssl, sys, threading

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            self.wfile.write(self.client_address[0].encode() + b"\\n")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

class Secure(Server):
    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(30)
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/etc/saas.pem")
servers = [Secure(("0.0.0.0", 443), Answer), Server(("0.0.0.0", 80), Answer)]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print("ready", flush=True)
"""


class Saas:
    """These names on the machine of the internet; `places` says where each is."""

    def __init__(self, internet: Machine, names: Sequence[str]) -> None:
        self.places = {name: FIRST + number for number, name in enumerate(names)}
        internet.ip(*(f"addr add {place}/24 dev gateway" for place in self.places.values()))
        pem, key = certificate.make("saas")
        internet.write("/etc/saas.pem", pem + key, mode=0o600)
        self._server = internet.start("saas", ["python3", "-c", _SERVER])
        until(
            lambda: self._server.log_tail().endswith("ready\n"),
            seconds=READY_SECONDS,
            what="the web applications",
            process=self._server,
        )
        quiet = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--pid-file", "--user=root", "-C", "/dev/null"]
        known = [f"--host-record={name},{place}" for name, place in self.places.items()]
        self._dns = internet.start("dns", ["dnsmasq", *quiet, "--bind-interfaces", f"-a{RESOLVER}", *known])
        until(lambda: self._answers(internet), seconds=READY_SECONDS, what="DNS", process=self._dns)

    def _answers(self, internet: Machine) -> bool:
        return bool(internet.run(["ss", "-lunH", "sport = :53"]).stdout)
