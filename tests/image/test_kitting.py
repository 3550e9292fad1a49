"""Kitting by its command line and in a program, against a real HTTPS server that verifies as the real one does."""

import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from hanare_core import certificate, ratchet, signed, wire
from hanare_core import site as names
from hanare_core.messages import api
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_core.site import Endpoint, GatewaySite, Site
from hanare_image.ca import new_ca, open_ca
from hanare_image.device import CERTIFICATE_LIFE_MS, write_partition
from hanare_image.errors import KittingError
from hanare_image.kitting import Batch, write_stick
from hanare_lab.installation import certificate as tls

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "正しい馬の電池ホチキス kitting"
TOKEN = wire.key_text(b"t" * 32)


class Registry:
    """A server that registers sticks of one CA."""

    def __init__(self, folder: Path) -> None:
        pem, key = tls.make("hanare-server")
        (folder / "server.pem").write_bytes(pem)
        (folder / "server.key").write_bytes(key)
        self.certificate = pem.decode()
        self.ca_key = ""
        self.code: Code | None = None
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

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.endpoint = Endpoint(address="127.0.0.1", port=self._server.server_address[1])
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
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Give a server."""
    made = Registry(tmp_path)
    yield made
    made.close()


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


def kitting(*arguments: object, passphrase: str = PASSPHRASE) -> "subprocess.CompletedProcess[str]":
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "hanare_image.kitting", *map(str, arguments)],
        input=f"{passphrase}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": f"{ROOT}/core:{ROOT}/image", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_the_command_line_makes_a_ca_and_a_registered_stick(registry: Registry, tmp_path: Path) -> None:
    """A CA, then a stick that the server accepts; the partition holds keys of mode 0600 and generation 0."""
    made = kitting("new-ca", tmp_path / "ca")
    assert made.returncode == 0, made.stderr
    registry.ca_key = made.stdout.strip()
    (tmp_path / "site.json").write_bytes(wire.encode(site(registry)))
    (tmp_path / "token").write_text(TOKEN + "\n")
    options: dict[str, object] = {
        "--ca": tmp_path / "ca",
        "--site": tmp_path / "site.json",
        "--server": f"127.0.0.1:{registry.endpoint.port}",
        "--token-file": tmp_path / "token",
        "--label": "企画課 01",
    }
    words = [word for pair in options.items() for word in pair]
    wrong = kitting("write", tmp_path / "stick", *words, passphrase="not the passphrase")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "passphrase" in wrong.stderr
    done = kitting("write", tmp_path / "stick", *words)
    assert done.returncode == 0, done.stderr
    ((stick, label),) = registry.registered
    assert label == "企画課 01"
    assert done.stdout.splitlines() == [f"{stick}: written and read back", f"{stick}: registered"]
    device = tmp_path / "stick"
    for name in (names.IDENTITY_FILE, names.DOOR_FILE):
        assert (device / name).stat().st_mode & 0o777 == 0o600
    assert ratchet.read((device / names.STATE_FILE).read_bytes()).generation == 0
    assert wire.decode((device / names.SITE_FILE).read_bytes(), Site) == site(registry)


def test_a_ca_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    """The right passphrase gives the key whose public half was printed; another one, or a damaged file, gives none."""
    public = new_ca(tmp_path, PASSPHRASE)
    assert signed.public_text(open_ca(tmp_path, PASSPHRASE)) == public
    with pytest.raises(KittingError, match="passphrase"):
        open_ca(tmp_path, PASSPHRASE + "x")
    (tmp_path / "ca.key").write_text("AQ")
    with pytest.raises(KittingError):
        open_ca(tmp_path, PASSPHRASE)


def test_a_ca_is_never_overwritten_or_weak(tmp_path: Path) -> None:
    """A second CA in the folder and a short passphrase are refused."""
    with pytest.raises(KittingError, match="12"):
        new_ca(tmp_path, "short")
    new_ca(tmp_path, PASSPHRASE)
    before = (tmp_path / "ca.key").read_bytes()
    with pytest.raises(KittingError, match="exists"):
        new_ca(tmp_path, PASSPHRASE)
    assert (tmp_path / "ca.key").read_bytes() == before


def test_a_certificate_lives_three_years(registry: Registry, tmp_path: Path) -> None:
    """The certificate holds from now for three years, for its own organisation."""
    ca_key = SigningKey.generate()
    now_ms = time.time_ns() // 1_000_000
    written = write_partition(tmp_path / "stick", site(registry), ca_key, now_ms=now_ms)
    public = signed.public_text(ca_key)
    end = now_ms + CERTIFICATE_LIFE_MS
    assert certificate.verify(written.certificate, public, organisation="city", now_ms=end - 1).stick == written.stick
    with pytest.raises(Problem):
        certificate.verify(written.certificate, public, organisation="city", now_ms=end)


def test_a_written_stick_is_never_overwritten(registry: Registry, tmp_path: Path) -> None:
    """A folder that holds keys is refused, and they stay as they are."""
    write_partition(tmp_path / "stick", site(registry), SigningKey.generate(), now_ms=10**12)
    before = (tmp_path / "stick" / names.IDENTITY_FILE).read_bytes()
    with pytest.raises(KittingError, match="already"):
        write_partition(tmp_path / "stick", site(registry), SigningKey.generate(), now_ms=10**12)
    assert (tmp_path / "stick" / names.IDENTITY_FILE).read_bytes() == before


def test_the_servers_refusal_is_told(registry: Registry, tmp_path: Path) -> None:
    """A refused token ends kitting with the server's code."""
    registry.code = Code.TOKEN_INVALID
    batch = Batch(site(registry), SigningKey.generate(), registry.endpoint, TOKEN)
    with pytest.raises(KittingError, match="token-invalid"):
        write_stick(tmp_path / "stick", "label", batch, lambda _line: None)


def test_only_the_pinned_server_is_spoken_to(registry: Registry, tmp_path: Path) -> None:
    """A server with another certificate gets nothing."""
    other, _ = tls.make("hanare-server")
    foreign = json.loads(wire.encode(site(registry))) | {"server_certificate": other.decode()}
    batch = Batch(wire.decode(json.dumps(foreign), Site), SigningKey.generate(), registry.endpoint, TOKEN)
    with pytest.raises(KittingError, match="does not answer"):
        write_stick(tmp_path / "stick", "label", batch, lambda _line: None)
    assert registry.registered == []


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"organisation": 7}', "\udcff"])
def test_a_site_file_that_is_none_ends_with_one_line(text: str, tmp_path: Path) -> None:
    """Malformed site files and places end with 1 and a sentence, without a traceback."""
    (tmp_path / "site.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    common = ["--ca", tmp_path, "--site", tmp_path / "site.json", "--token-file", tmp_path / "no", "--label", "x"]
    done = kitting("write", tmp_path / "stick", *common, "--server", "127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("kitting: ")
    assert "Traceback" not in done.stderr
