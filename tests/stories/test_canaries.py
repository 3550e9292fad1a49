"""F71: what must stay secret is searched for wherever it might be left: logs, arguments, environments, files, rows."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_core import keyring, wire
from hanare_core import site as names
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import DEVICE, Stick
from hanare_lab.machine import STATE
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

WRITTEN = ("etc/hanare", "mnt", "run", "tmp", "var/tmp", "var/log", "root", "home", "nonexistent", "dev/shm")
"""Where a program could leave something on a machine of the lab."""
LARGEST_FILE = 64 * 1024 * 1024
BEGAN = time.time()
"""Before any of the secrets was made."""
KEY_FILES = {"keys", "identity.key", "master.key", "ticket.key", "server.key", "secret", "wireguard.key", "ca.key"}
"""Where a key may stand: its own file, which its own user alone may read."""


@pytest.fixture(scope="module")
def stick(hall: Hall) -> Stick:
    """Set a PIN, sign in with a wrong and the right one, change it, and leave a session open."""
    made, worker = hall.add_stick(), hall.workers[0]
    made.start()
    hall.set_first_pin(made, worker)
    made.wait_ready()
    hall.sign_in(made, worker, pin="canary-wrong-7")
    made.wait_refused()
    made.wait_ready()
    made.ask("change-pin", user=worker.name, pin=worker.pin, new_pin="canary-new-48")
    assert made.wait_for("pin-changed").code == ""
    made.wait_ready()
    hall.sign_in(made, worker, pin="canary-new-48")
    assert made.wait_for("desktop-started").code == ""
    until(lambda: made.running("xfreerdp3"), seconds=20, what="FreeRDP")
    return made


@pytest.fixture(scope="module")
def canaries(hall: Hall, stick: Stick) -> dict[str, list[bytes]]:
    """Give every secret in the forms in which it might be written."""
    worker, device = hall.workers[0], stick.machine.root / DEVICE.lstrip("/")
    typed = {
        "PIN": worker.pin,
        "wrong PIN": "canary-wrong-7",
        "new PIN": "canary-new-48",
        "office password": worker.office_password,
        "administrator's password": hall.password,
        "administrator's TOTP secret": hall.totp_secret,
    }
    found = {name: [text.encode()] for name, text in typed.items()}
    keys = keyring.read((device / names.KEYS_FILE).read_bytes()).current
    found["stick's identity key"] = _forms(bytes(keys.identity_key))
    found["stick's door key"] = _forms(bytes(keys.door_key))
    for name in ("master.key", "ticket.key", "server.key", "secret"):
        paths = list(hall.server.folder.rglob(name))
        assert paths, name
        found[name] = [form for path in paths for form in _forms(path.read_bytes())]
    return found


def test_no_file_holds_one(
    hall: Hall, canaries: dict[str, list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Databases with their journals, logs, settings, sockets' folders and temporary files hold none in clear.

    Only what was written since this file's secrets were made can hold one of them.
    """
    machines = [stick.machine for stick in hall.sticks] + [hall.city.gateway, hall.city.server]
    places = [machine.root / folder for machine in machines for folder in WRITTEN]
    places += [hall.server.folder, tmp_path_factory.getbasetemp()]
    searched = list(_files(places))
    leaks = [f"{name} in {path}" for path in searched for name in _found(canaries, _content(path))]
    assert leaks == []
    assert hall.server.sqlite in searched


def test_no_process_shows_one(canaries: dict[str, list[bytes]]) -> None:
    """No process of this lab, whoever's it is, has one in its arguments or environment."""
    leaks = []
    for folder in Path("/proc").glob("[0-9]*"):
        for part in ("cmdline", "environ"):
            try:
                content = (folder / part).read_bytes()
            except OSError:
                continue  # it has ended
            leaks += [f"{name} in {folder / part}" for name in _found(canaries, content)]
    assert leaks == []


def test_no_process_that_knows_one_may_dump_core(hall: Hall, stick: Stick) -> None:
    """Neither keyd, web process and worker nor the stick's agent with its desktop may leave a core dump."""
    agent = stick.agent
    assert agent is not None
    parts = {name: hall.server.processes[name].pid for name in ("keyd", "api", "worker")}
    desktop, web = _descendants(agent.pid), _descendants(parts["api"])
    assert desktop, "FreeRDP runs"
    assert web, "gunicorn has a worker"
    for pid in (agent.pid, *desktop, parts["keyd"], *web, parts["worker"]):
        limits = _content(Path(f"/proc/{pid}/limits")).decode()
        for core in (line for line in limits.splitlines() if line.startswith("Max core file size")):
            assert core.split()[4:6] == ["0", "0"], _content(Path(f"/proc/{pid}/cmdline"))
        assert limits or pid in desktop, "only what the stick started for a moment may have ended"


def test_the_search_finds_what_is_there(canaries: dict[str, list[bytes]], tmp_path: Path) -> None:
    """A secret that was left in a file or in an argument is found."""
    for name, forms in canaries.items():
        for form in forms:
            (tmp_path / "left").write_bytes(b"x" * 1000 + form + b"y")
            assert name in _found(canaries, (tmp_path / "left").read_bytes())
    (tmp_path / "left").unlink()


def _descendants(pid: int) -> list[int]:
    """Return the processes that this one has started, and those that they have."""
    stats = {int(path.parent.name): _content(path) for path in Path("/proc").glob("[0-9]*/stat")}
    parents = {own: int(stat.rpartition(b")")[2].split()[1]) for own, stat in stats.items() if stat}
    own = [child for child, parent in parents.items() if parent == pid]
    return [*own, *(grandchild for child in own for grandchild in _descendants(child))]


def _forms(key: bytes) -> list[bytes]:
    return [key, wire.key_text(key).encode(), key.hex().encode()]


def _found(canaries: dict[str, list[bytes]], content: bytes) -> list[str]:
    return [name for name, forms in canaries.items() if any(form in content for form in forms)]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone meanwhile, or one of the kernel's that cannot be read
        return b""


def _files(places: list[Path]) -> Iterator[Path]:
    """Give every ordinary file below the places that was written since BEGAN and is nobody's own key."""
    for place in places:
        for folder, folders, files in os.walk(place):
            folders[:] = [name for name in folders if not _is_root(Path(folder, name))]
            yield from (path for name in files if name not in KEY_FILES and _is_new(path := Path(folder, name)))


def _is_root(folder: Path) -> bool:
    """Whether this is another machine's whole file system, whose own places are searched as such."""
    return folder.is_relative_to(STATE) and folder.is_mount()


def _is_new(path: Path) -> bool:
    try:
        known = path.lstat()
    except OSError:  # gone meanwhile
        return False
    return stat.S_ISREG(known.st_mode) and known.st_mtime >= BEGAN and known.st_size <= LARGEST_FILE
