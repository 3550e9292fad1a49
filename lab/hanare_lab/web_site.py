"""Web pages under any name, behind a proxy that lets everything through: what does not open was held back before it.

`do` has the page (not its popups) run a line of JavaScript and returns what it gave; `asked` lists the names that the
proxy was asked for. The pages' certificates come from an authority of this site's own (`authority`, PEM).
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hanare_core import web_proxy
from hanare_lab.machine import Machine
from hanare_lab.wait import until

GREEN: Final = (18, 122, 62)
"""The ground of each page."""

FOLDER: Final = "/run/web-site"
READY_SECONDS: Final = 60.0
DONE_SECONDS: Final = 60.0

_LIFE: Final = dt.timedelta(days=90)
_PAGE: Final = """<!doctype html><meta charset=utf-8><title>%(host)s</title>
<style>body{background:rgb(18,122,62);color:#fff;font:28px sans-serif;padding:40px}</style>
<h1>%(host)s</h1><p>%(path)s<p><input id=field autofocus>
<script>
const say = async (id, value) => fetch("/said", {method: "POST", body: JSON.stringify([id, String(value)])});
let last = 0;
if (!opener) setInterval(async () => {
  const [id, line] = await (await fetch("/line", {cache: "no-store"})).json();
  if (id <= last) return;
  last = id;
  try { await say(id, await eval(line)); } catch (error) { await say(id, "error: " + error.name); }
}, 300);
</script>"""
_SERVER: Final = """
import http.server, json, pathlib, select, socket, socketserver, ssl, sys, threading
folder, page = pathlib.Path(sys.argv[1]), sys.argv[2]

class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def answer(self, kind, body, **headers):
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.path == "/line":
            return self.answer("application/json", (folder / "line").read_bytes())
        if self.path == "/file":
            saved = {"Content-Disposition": "attachment; filename=a.bin"}
            return self.answer("application/octet-stream", b"secret", **saved)
        self.answer("text/html", (page % {"host": self.headers["Host"], "path": self.path}).encode())
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (folder / "said.new").write_bytes(body)
        (folder / "said.new").rename(folder / "said")
        self.answer("text/plain", b"")

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    def handle_error(self, request, address): pass

class Secure(Server):
    def get_request(self):
        connection, address = super().get_request()
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

class Proxy(socketserver.BaseRequestHandler):
    def handle(self):
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            data = self.request.recv(4096)
            if not data: return
            head += data
        print(head.split()[1].decode(), flush=True)
        with socket.create_connection(("127.0.0.1", 8443)) as page:
            self.request.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
            pair = {self.request: page, page: self.request}
            while True:
                for one in select.select(list(pair), [], [])[0]:
                    data = one.recv(65536)
                    if not data: return
                    pair[one].sendall(data)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "site.pem")
servers = [Secure(("127.0.0.1", 8443), Page), Server((sys.argv[3], int(sys.argv[4])), Proxy)]
for server in servers:
    threading.Thread(target=server.serve_forever).start()
print("ready", flush=True)
"""


class WebSite:
    """The pages and their proxy on a gateway's machine."""

    def __init__(self, machine: Machine, names: list[str]) -> None:
        self._folder = machine.root / FOLDER.lstrip("/")
        self._number = 0
        machine.ip(f"addr replace {web_proxy.ADDRESS}/32 dev lo")  # a gateway's agent has it there as well
        self.authority, site = _certificates(names)
        machine.write(f"{FOLDER}/site.pem", site, mode=0o600)
        self._tell("")
        command = ["python3", "-c", _SERVER, FOLDER, _PAGE, web_proxy.ADDRESS, str(web_proxy.PORT)]
        self._process = machine.start("web-site", command)
        ready = lambda: "ready" in self._process.log_text()  # noqa: E731
        until(ready, seconds=READY_SECONDS, what="the web site", process=self._process)

    @property
    def asked(self) -> list[str]:
        """The places that the proxy was asked for, in order (`host:port`)."""
        return self._process.log_text().split()[1:]

    def do(self, line: str, *, seconds: float = DONE_SECONDS) -> str:
        """Have the page run a line; return what it gave, as text, or the name of the error."""
        self._number += 1
        self._tell(line)
        return until(self._said, seconds=seconds, what=f"the page to run {line}")

    def _tell(self, line: str) -> None:
        fresh = self._folder / "line.new"
        fresh.write_text(json.dumps([self._number, line]), "utf-8")
        fresh.rename(self._folder / "line")

    def _said(self) -> str | None:
        said = self._folder / "said"
        number, value = json.loads(said.read_text("utf-8")) if said.exists() else (0, "")
        return (value or " ") if number == self._number else None


def _certificates(names: list[str]) -> tuple[bytes, bytes]:
    """Return (authority, the site's certificate and key), PEM."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab's own authority")])
    now = dt.datetime.now(dt.UTC)

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool) -> bytes:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(root).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + _LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if not authority:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    site = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab's web site")])
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return certificate(root, root_key.public_key(), authority=True), certificate(
        site, key.public_key(), authority=False
    ) + private
