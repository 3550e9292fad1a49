"""F54, F55, F70: killing at a gateway while the server is away, a server set back to a backup, a gateway's secrets."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from hanare_core import wire
from hanare_core.problems import Code
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories import backup

pytestmark = [pytest.mark.lab, pytest.mark.story]

SERVER: Final = ("api", "hub", "worker")
ADOPTED_S: Final = 60.0
"""The agent comes back within three seconds, the worker goes round every few."""

GATEWAY_FOLDERS: Final = ("etc/hanare", "var/lib/hanare-gateway", "run", "tmp", "var/log", "root", "home")
LARGEST_FILE: Final = 1_000_000


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Plug in a stick whose user has a PIN."""
    made = hall.add_stick()
    made.start()
    hall.set_first_pin(made, hall.workers[0])
    made.wait_ready()
    return made


def test_killed_at_the_gateway_while_the_server_is_away(hall: Hall, stick: Stick) -> None:
    """The local command ends the stick's session; the server, back again, suspends the stick and audits where from."""
    _open(hall, stick)
    _stop_server(hall)
    assert "1 lease(s) ended by the agent" in hall.gateway.kill_here(stick.id)
    assert "expires" not in hall.gateway.elements()
    _start_server(hall)
    until(lambda: _state(hall, stick) == "suspended", seconds=ADOPTED_S, what="the stick's suspension")
    assert _rows(hall, "session WHERE state = 'open'", "access") == 0
    assert _rows(hall, f"auditrow WHERE act = 'suspended' AND actor = '{hall.gateway.id}'", "audit") == 1
    _resume_and_sign_in(hall, stick)


def test_killed_in_the_kernel_with_the_agent_dead(hall: Hall, stick: Stick) -> None:
    """With agent and server dead the command takes the elements out itself, and an agent started later keeps to it."""
    if "expires" not in hall.gateway.elements():  # run without the story before
        _open(hall, stick)
    _stop_server(hall)
    hall.gateway.processes["agent"].kill()
    assert "1 lease(s) ended by the kernel" in hall.gateway.kill_here("all")
    assert "expires" not in hall.gateway.elements()
    hall.gateway.start_agent()
    _start_server(hall)
    ended = "session WHERE reason = 'session-suspended'"
    until(lambda: _rows(hall, ended, "access") == 1, seconds=ADOPTED_S, what="the session's end at the server")
    assert "expires" not in hall.gateway.elements()
    stick.wait_ready()


def test_a_restored_backup_revives_no_suspended_stick(hall: Hall, stick: Stick, tmp_path: Path) -> None:
    """A stick suspended after the backup stays so when the backup comes back: its old lease, and every new sign-in."""
    _open(hall, stick)
    _stop_server(hall, "worker")
    copy = tmp_path / "backup.sqlite3"
    backup.take(hall, copy)
    assert hall.console.suspend("sticks", stick.id)["state"] == "stopped"
    stick.wait_ready()
    _stop_server(hall, "api", "hub")
    backup.put_back(hall, copy)
    _start_server(hall, "hub", "api")
    assert _state(hall, stick) == "active"
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_refused().code
    assert "expires" not in hall.gateway.elements()
    _start_server(hall, "worker")
    until(lambda: _state(hall, stick) == "suspended", seconds=ADOPTED_S, what="the adopted suspension")
    assert "expires" not in hall.gateway.elements()
    stick.wait_ready()
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_refused().code == Code.SUSPENDED


def test_a_rooted_gateway_holds_no_secret_of_others(hall: Hall) -> None:
    """No PIN, password, one-time code or signing key of anybody else is in a gateway's files or its agent's memory."""
    worker = hall.workers[0]
    secrets = {worker.pin, worker.office_password, hall.password}
    for key in (*hall.server.folder.glob("*/*.key"), *hall.server.folder.glob("server/secret")):
        secrets.add(key.read_text("ascii", errors="ignore").strip()[:200])
    looked_for = [secret.encode() for secret in secrets if secret]
    assert len(looked_for) > len({worker.pin, worker.office_password, hall.password})
    files = [path for folder in GATEWAY_FOLDERS for path in (hall.gateway.machine.root / folder).rglob("*")]
    contents = [_content(path) for path in files]
    contents += list(_memory(hall.gateway.processes["agent"].pid))
    assert len(contents) > 1
    own = wire.key_text(bytes(hall.gateway.identity)).encode()
    assert any(own in content for content in contents)  # the search does find what is there
    for secret in looked_for:
        assert not any(secret in content for content in contents)


def _open(hall: Hall, stick: Stick) -> None:
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_for("desktop-started").code == ""
    until(lambda: "expires" in hall.gateway.elements(), seconds=ADOPTED_S, what="the element")


def _resume_and_sign_in(hall: Hall, stick: Stick) -> None:
    stick.wait_ready()
    hall.sign_in(stick, hall.workers[0])
    assert stick.wait_refused().code == Code.SUSPENDED
    stick.wait_ready()
    hall.console.resume("sticks", stick.id)
    _open(hall, stick)


def _stop_server(hall: Hall, *names: str) -> None:
    for name in names or SERVER:
        hall.server.kill(name)


def _start_server(hall: Hall, *names: str) -> None:
    for name in names or ("hub", "api", "worker"):
        hall.server.start_one(name)
    hall.wait_in_touch()


def _state(hall: Hall, stick: Stick) -> str:
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return str(database.execute("SELECT state FROM directory_stick WHERE id = ?", (stick.id,)).fetchone()[0])


def _rows(hall: Hall, what: str, app: str) -> int:
    with closing(sqlite3.connect(f"file:{hall.server.sqlite}?mode=ro", uri=True)) as database:
        return int(database.execute(f"SELECT count(*) FROM {app}_{what}").fetchone()[0])  # noqa: S608 - our own words


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and path.stat().st_size < LARGEST_FILE else b""
    except OSError:  # gone meanwhile
        return b""


def _memory(pid: int) -> list[bytes]:
    """Return the writable memory of a process."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("ascii").splitlines():
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place is None or "[v" in line:
                continue
            start, end = (int(part, 16) for part in place.groups())
            memory.seek(start)
            try:
                found.append(memory.read(end - start))
            except OSError:
                continue
    return found
