"""keyd's socket, command and start: a real process."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_keyd import __main__ as keyd_main
from hanare_keyd import admin
from hanare_keyd.server import MAX_CONNECTIONS
from hanare_keyd.service import REQUEST_BYTES
from tests.keyd.office import ORGANISATION, Client, Keyd, Stick, ask_on, code_of, read_answer, write_settings

PIN = "804513"

BAD_LINES = {
    "empty": b"",
    "not json": b"hello",
    "not utf-8": b"\xff\xfe",
    "nul": b'{"type":"nonce","stick":"a\\u0000"}',
    "lone surrogate": b'{"type":"nonce","stick":"\\ud800"}',
    "nan": b'{"type":"nonce","stick":NaN}',
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "unknown type": b'{"type":"evaluate","stick":"s"}',
    "no type": b'{"stick":"s"}',
    "unknown field": b'{"type":"nonce","stick":"s","more":1}',
    "wrong type": b'{"type":"nonce","stick":1}',
    "list": b"[]",
    "bad id": b'{"type":"nonce","stick":"../etc"}',
    "two in one": b'{"type":"status"}{"type":"status"}',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_bad_line(process: Keyd, line: bytes) -> None:
    """A bad line is refused as malformed, without a traceback, and the connection goes on."""
    with process.connect() as connection:
        connection.sendall(line + b"\n")
        answer = read_answer(connection)
        assert isinstance(answer, keyd.RefusalAnswer)
        assert answer.code is Code.MALFORMED
        assert isinstance(ask_on(connection, keyd.StatusRequest()), keyd.StatusAnswer)
    assert "traceback" not in process.log.lower()


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_long_line(process: Keyd, ending: bytes) -> None:
    """A line over the limit is refused and the connection closed; others are not disturbed."""
    with process.connect() as connection, process.connect() as other:
        connection.sendall(b" " * (2 * REQUEST_BYTES + 2) + ending)
        assert read_answer(connection) == keyd.RefusalAnswer(Code.TOO_LARGE)
        assert connection.recv(1) == b""
        assert isinstance(ask_on(other, keyd.StatusRequest()), keyd.StatusAnswer)


def test_requests_in_one_piece_and_in_bits(process: Keyd) -> None:
    """Several requests in one write are answered in order; one request in single bytes is answered too."""
    line = wire.encode(keyd.StatusRequest()) + b"\n"
    with process.connect() as connection:
        connection.sendall(wire.encode(keyd.NonceRequest("s")) + b"\n" + line)
        data = b""
        while data.count(b"\n") < 2:
            data += connection.recv(65536)
        assert [b'"type":"nonce"' in part for part in data.splitlines()] == [True, False]
        for byte in line:
            connection.sendall(bytes([byte]))
        assert isinstance(read_answer(connection), keyd.StatusAnswer)


def test_half_a_line(process: Keyd) -> None:
    """A peer that leaves in the middle of a line is answered nothing and disturbs nobody."""
    with process.connect() as connection:
        connection.sendall(b'{"type":"sta')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert isinstance(process.ask(keyd.StatusRequest()), keyd.StatusAnswer)


def test_other_user_is_not_answered(tmp_path: Path) -> None:
    """A process of another user id is disconnected without an answer, whatever the socket's mode allows."""
    running = Keyd(write_settings(tmp_path, peer_uids=[os.getuid() + 1]))
    with running.running(), pytest.raises(ConnectionError):
        running.ask(keyd.StatusRequest())
    assert "peer-refused" in running.log


def test_files_are_private(process: Keyd) -> None:
    """Keys, database and socket are its own user's alone."""
    for name in ("keyd.sock", "keyd.db", "keyd.db-wal", "master.key", "ticket.key"):
        mode = stat.S_IMODE((process.settings_path.parent / name).stat().st_mode)
        assert mode & 0o077 == 0, (name, oct(mode))


def test_no_core_dump(process: Keyd) -> None:
    """A crash leaves no image of keyd's memory."""
    limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_too_many_connections(process: Keyd) -> None:
    """Over the limit a connection is refused with a code, and accepted again when others have closed."""
    with contextlib.ExitStack() as open_connections:
        for _ in range(MAX_CONNECTIONS):
            connection = open_connections.enter_context(process.connect())
            assert isinstance(ask_on(connection, keyd.StatusRequest()), keyd.StatusAnswer)
        with process.connect() as one_more:
            assert read_answer(one_more) == keyd.RefusalAnswer(Code.THROTTLED)
    deadline = time.monotonic() + 10
    while isinstance(process.ask(keyd.StatusRequest()), keyd.RefusalAnswer):
        assert time.monotonic() < deadline


def test_socket_for_a_group(tmp_path: Path) -> None:
    """With socket_gid the group may open the socket, nobody else."""
    running = Keyd(write_settings(tmp_path, socket_gid=os.getgid()))
    with running.running():
        assert stat.S_IMODE(Path(running.socket).stat().st_mode) == 0o660


def test_stops_and_starts(process: Keyd) -> None:
    """SIGTERM ends it with status 0 and removes the socket; SIGKILL leaves a socket that the next start replaces."""
    with process.connect():
        assert process.stop() == 0
    assert not Path(process.socket).exists()
    process.start()
    process.kill()
    assert Path(process.socket).exists()
    process.start()


def test_what_is_known_survives(process: Keyd, stick: Stick) -> None:
    """PIN, counters and stand-ins survive SIGKILL."""
    client = Client(process.ask)
    client.set_pin(stick, "sato", PIN)
    client.begin(stick, "sato", "000000")
    process.kill()
    process.start()
    tried = client.begin(stick, "sato", PIN)
    assert tried.answer.failures == 1
    assert client.finish(stick, tried).user == "sato"


def test_log_tells_ids_only(process: Keyd, stick: Stick) -> None:
    """The log has ids and outcomes, never a code, a key or a signed text."""
    client = Client(process.ask)
    code = client.code("sato")
    client.first_pin_begin(stick, "sato", code, PIN)
    text = process.log
    assert '"user":"sato"' in text
    assert code not in text
    assert stick.certificate[:40] not in text
    assert wire.key_text((process.settings_path.parent / "master.key").read_bytes()) not in text


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of keyd's as a process."""
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("key", "value"), [("socket", "relative"), ("peer_uids", []), ("peer_uids", [-1]), ("surprise", 1)]
)
def test_wrong_settings(tmp_path: Path, key: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong settings stop the start with a sentence that names the file and the key, and no traceback."""
    path = write_settings(tmp_path)
    lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key} =")]
    path.write_text("\n".join([*lines, f"{key} = {value!r}".replace("'", '"')]))
    assert keyd_main.main([str(path)]) == 2
    error = capsys.readouterr().err
    assert str(path) in error
    assert key in error


def test_start_needs_private_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No keyd starts with a key file that is missing, short or open to others; init never replaces one."""
    path = write_settings(tmp_path)
    master = tmp_path / "master.key"
    before = master.read_bytes()
    assert admin.main([str(path), "init"]) == 0
    assert master.read_bytes() == before
    master.chmod(0o644)
    assert keyd_main.main([str(path)]) == 2
    master.chmod(0o600)
    master.write_bytes(b"short")
    assert keyd_main.main([str(path)]) == 2
    master.unlink()
    assert keyd_main.main([str(path)]) == 2
    assert "admin" in capsys.readouterr().err
    assert keyd_main.main([]) == 2


def test_admin_keeps_the_ca_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An organisation's CA key is added once; again is the same, another one is refused, and nonsense is no key."""
    path = str(write_settings(tmp_path))
    other = signed.public_text(SigningKey.generate())
    assert admin.main([path, "add-organisation", "--id", ORGANISATION, f"--ca-key={other}"]) == 2
    assert "another CA key" in capsys.readouterr().err
    assert admin.main([path, "add-organisation", "--id", "village", f"--ca-key={other}"]) == 0
    assert admin.main([path, "add-organisation", "--id", "village", f"--ca-key={other}"]) == 0
    for arguments in (["--id", "Village!", f"--ca-key={other}"], ["--id", "village", "--ca-key=AAAA"]):
        with pytest.raises(SystemExit):
            admin.main([path, "add-organisation", *arguments])


def test_admin_while_running(process: Keyd) -> None:
    """The command works beside a running keyd, which knows the organisation at once."""
    ca_key = SigningKey.generate()
    stick = Stick("stick-9", ca_key=ca_key, organisation="village")
    client = Client(process.ask, organisation="village")
    assert code_of(lambda: client.begin(stick, "mori", PIN)) is Code.NOT_AUTHENTIC
    path = str(process.settings_path)
    added = run(
        "hanare_keyd.admin", path, "add-organisation", "--id", "village", f"--ca-key={signed.public_text(ca_key)}"
    )
    assert (added.returncode, added.stderr) == (0, "")
    client.set_pin(stick, "mori", PIN)
    assert client.sign_in(stick, "mori", PIN).user == "mori"
    shown = run("hanare_keyd.admin", path, "public-key")
    assert shown.stdout.strip() == client.expect(keyd.StatusRequest(), keyd.StatusAnswer).public_key
