"""Kitting by its command line and in a program, against a real HTTPS server that verifies as the real one does."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from hanare_core import certificate, ratchet, signed, wire
from hanare_core import site as names
from hanare_core.problems import Code, Problem
from hanare_core.site import Site
from hanare_image.ca import new_ca, open_ca
from hanare_image.device import CERTIFICATE_LIFE_MS, write_partition
from hanare_image.errors import KittingError
from hanare_image.kitting import Batch, write_stick
from hanare_lab.installation import certificate as tls
from hanare_lab.wait import until
from tests.image.registry import PASSPHRASE, TOKEN, Registry, site

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}/core:{ROOT}/image", "PYTHONDONTWRITEBYTECODE": "1"}
ASKED_S = 60.0
"""A bound for a busy machine: Python starts, and Argon2id takes 256 MiB."""


def kitting(*arguments: object, passphrase: str = PASSPHRASE) -> "subprocess.CompletedProcess[str]":
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "hanare_image.kitting", *map(str, arguments)],
        input=f"{passphrase}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
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
    written, told = done.stdout.splitlines()
    assert written == f"{stick}: written and read back."
    assert told.startswith(f"Registered as {stick} (企画課 01); fingerprint ")
    device = tmp_path / "stick"
    assert (device / names.KEYS_FILE).stat().st_mode & 0o777 == 0o600
    assert ratchet.read((device / names.STATE_FILE).read_bytes()).generation == 0
    assert wire.decode((device / names.SITE_FILE).read_bytes(), Site) == site(registry)


def answer(terminal: int, prompt: str, word: str) -> str:
    """Type the word once the prompt stands and the terminal shows nothing that is typed; return what was shown."""
    shown = ""

    def asked() -> bool:
        nonlocal shown
        if select.select([terminal], [], [], 0)[0]:
            shown += os.read(terminal, 4096).decode()
        return prompt in shown and not termios.tcgetattr(terminal)[3] & termios.ECHO

    until(asked, seconds=ASKED_S, what=prompt)
    os.write(terminal, f"{word}\n".encode())
    return shown


def test_a_new_passphrase_is_typed_twice_and_never_seen(tmp_path: Path) -> None:
    """At a terminal nothing that is typed is shown, and the CA opens with it."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "hanare_image.kitting", "new-ca", str(tmp_path / "ca")]
    with subprocess.Popen(
        command, stdin=inside, stdout=subprocess.DEVNULL, stderr=inside, start_new_session=True, env=ENVIRONMENT
    ) as process:
        shown = answer(terminal, "Passphrase of the CA", PASSPHRASE) + answer(terminal, "again", PASSPHRASE)
        assert process.wait(ASKED_S) == 0
    assert PASSPHRASE not in shown
    assert open_ca(tmp_path / "ca", PASSPHRASE)
    os.close(terminal)
    os.close(inside)


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
    before = (tmp_path / "stick" / names.KEYS_FILE).read_bytes()
    with pytest.raises(KittingError, match="already"):
        write_partition(tmp_path / "stick", site(registry), SigningKey.generate(), now_ms=10**12)
    assert (tmp_path / "stick" / names.KEYS_FILE).read_bytes() == before


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
    assert "site.json" in done.stderr
    assert "{" not in done.stderr
    assert "Traceback" not in done.stderr
