"""A real HTTPS server that registers sticks and verifies as the real one does, and the site file of its office.

`python -m tests.image.registry FOLDER HOST CA_KEY` serves until killed: it leaves site.json and port in the folder when
it does, and then a line in `registered` for each stick.
"""

import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from hanare_core import certificate, signed, wire
from hanare_core.messages import api
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_core.site import Endpoint, GatewaySite, Site
from hanare_lab.installation import certificate as tls

PASSPHRASE = "正しい馬の電池ホチキス kitting"
TOKEN = wire.key_text(b"t" * 32)


class Registry:
    """A server that registers sticks of one CA."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        pem, key = tls.make("hanare-server")
        (folder / "server.pem").write_bytes(pem)
        (folder / "server.key").write_bytes(key)
        self.certificate = pem.decode()
        self.ca_key = ""
        self.code: Code | None = None
        self.ahead_s = 0.0
        """How far its clock is ahead of ours."""
        self.registered: list[tuple[str, str]] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, content = registry.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or time.time()) + registry.ahead_s)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.endpoint = Endpoint(address=host, port=self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Verify certificate, signature and token as the server does."""
        assert path == api.REGISTER_PATH
        if self.code is not None:
            return 401, wire.encode(api.Refusal(code=self.code))
        text = wire.decode(body, api.Register).signed
        claimed = signed.unverified(text, api.RegisterBody)
        now_ms = time.time_ns() // 1_000_000
        shown = certificate.verify(claimed.certificate, self.ca_key, organisation="city", now_ms=now_ms)
        proven = signed.verify(Kind.REGISTER, text, shown.identity_key, api.RegisterBody)
        assert proven.token == TOKEN
        self.registered.append((shown.stick, proven.label))
        return 200, wire.encode(api.Registered(stick=shown.stick))

    def close(self) -> None:
        """Close the port; repeat it freely."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def site(registry: Registry) -> Site:
    """Return a site file of an office."""
    return Site(
        organisation="city",
        organisation_name="離れ市",
        help_desk="0123-45-6789",
        server_key=signed.public_text(SigningKey(b"v" * 32)),
        server_certificate=registry.certificate,
        api=Endpoint(address="fd20::10", port=8443),
        hub=Endpoint(address="fd20::10", port=8444),
        gateways=(
            GatewaySite(
                id="gateway-1",
                wireguard_key=wire.key_text(b"w" * 32),
                endpoints=(Endpoint(address="203.0.113.2", port=51820),),
            ),
        ),
    )


def main(folder: Path, host: str, ca_key: str) -> None:
    """Serve until killed."""
    registry = Registry(folder, host)
    registry.ca_key = ca_key
    (folder / "site.json").write_bytes(wire.encode(site(registry)))
    (folder / "port").write_text(str(registry.endpoint.port))
    told = 0
    while True:
        time.sleep(0.5)
        if len(registry.registered) != told:
            told = len(registry.registered)
            (folder / "registered").write_text("".join(f"{label}\n" for _, label in registry.registered))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
