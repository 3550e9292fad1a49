"""The office's server: keyd, hub, console and API, worker, and nginx in front, each with its own user.

Everything lies below `folder`. On SQLite the hub's user may write in the database's folder, because a reader of a WAL
needs its shared memory; it opens the file read-only. On PostgreSQL it has a role that may read two views.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_lab.installation import accounts, certificate, checkout, front
from hanare_lab.installation.accounts import Account
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import until

READY_S: Final = 20.0
"""gunicorn imports Django in under two seconds; a busy machine gets ten times that."""

SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - gunicorn's heartbeat files, in memory

THREADS: Final = 16
"""Requests at once: a stop must not wait behind sign-ins that wait for their gateway."""


class Server:
    """Hanare's server side on one machine; `start` starts what does not run."""

    def __init__(
        self, machine: Machine, folder: Path = Path("/run/hanare"), *, database: str = "", origin: str = ""
    ) -> None:
        checkout.expose()
        self.machine = machine
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self._database = database
        self._origin = origin
        self._make_folders()
        self.tls_certificate, private = certificate.make(front.TLS_NAME)
        self._write("front/server.pem", self.tls_certificate, accounts.FRONT)
        self._write("front/server.key", private, accounts.FRONT)
        self._write_settings()
        self.keyd_key = self.keyd_admin("init").strip()

    def set_up(self, *, organisation: str, ca_key: str, password: str, totp_secret: str, **options: str) -> None:
        """Make tables, organisation, first department and administrator; options as those of `setup`."""
        self.keyd_admin("add-organisation", "--id", organisation, f"--ca-key={ca_key}")
        self.manage("migrate", "--verbosity", "0")
        named = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        known = [f"--organisation={organisation}", f"--ca-key={ca_key}"]
        self.manage("setup", *known, *named, stdin=f"{password}\n{totp_secret}\n")

    def start(self) -> None:
        """Start every process and wait until each can be reached."""
        for name in ("keyd", "hub", "api", "worker", "front"):
            self.start_one(name)

    def start_one(self, name: str) -> Process:
        """Start one process and wait until it can be reached."""
        launch = {
            "keyd": self._start_keyd,
            "hub": self._start_hub,
            "api": self._start_api,
            "worker": self._start_worker,
            "front": self._start_front,
        }[name]
        process, socket = launch()
        self.processes[name] = process
        if socket is not None:
            until(socket.exists, seconds=READY_S, what=name, process=process)
        return process

    def kill(self, name: str) -> None:
        """Kill -9 a process, its workers included."""
        self.processes[name].kill_group()

    def manage(self, *command: str, stdin: str = "") -> str:
        """Run one of the server's commands as its user and return what it prints."""
        done = self.machine.run(
            [checkout.PYTHON, "-m", "hanare_server", *command],
            user=accounts.SERVER,
            groups=(accounts.HUB.gid,),
            env=self._server_env(),
            stdin=stdin,
            timeout=60,
        )
        return done.stdout

    def run_module(self, module: str, *, stdin: str = "") -> str:
        """Run a module of the checkout as the server's user, with its settings, and return what it prints."""
        env = {**self._server_env(), "DJANGO_SETTINGS_MODULE": "hanare_server.settings"}
        env["PYTHONPATH"] += f":{CHECKOUT_INSIDE}"
        argv = [checkout.PYTHON, "-m", module]
        groups = (accounts.HUB.gid,)
        return self.machine.run(argv, user=accounts.SERVER, groups=groups, env=env, stdin=stdin, timeout=120).stdout

    def keyd_admin(self, *command: str) -> str:
        """Run one of keyd's own commands as its user."""
        settings = str(self.folder / "keyd/keyd.toml")
        argv = [checkout.PYTHON, "-m", "hanare_keyd.admin", settings, *command]
        env = {"PYTHONPATH": checkout.python_path("core", "keyd")}
        return self.machine.run(argv, user=accounts.KEYD, env=env).stdout

    @property
    def console_socket(self) -> Path:
        """Where nginx serves the console to programs of the lab."""
        return self.folder / "front/console.sock"

    def server_key(self) -> str:
        """Return the Ed25519 public key that signs the server's answers."""
        seed = wire.key_bytes((self.folder / "server/server.key").read_text("ascii").strip())
        return signed.public_text(SigningKey(seed))

    def _make_folders(self) -> None:
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        shared = {
            "server": (accounts.SERVER.uid, accounts.SERVER.gid, 0o750),
            "database": (accounts.SERVER.uid, accounts.HUB.gid, 0o2770),
            "hub": (accounts.HUB.uid, accounts.HUB.gid, 0o750),
            "keyd": (accounts.KEYD.uid, accounts.SERVER.gid, 0o750),
            "front": (accounts.FRONT.uid, accounts.FRONT.gid, 0o700),
        }
        for name, (uid, gid, mode) in shared.items():
            path = self.folder / name
            path.mkdir(exist_ok=True)
            _own(path, uid, gid, mode)
        self.sqlite.touch()
        _own(self.sqlite, accounts.SERVER.uid, accounts.HUB.gid, 0o660)

    @property
    def sqlite(self) -> Path:
        """The database file of the embedded way to run."""
        return self.folder / "database/server.sqlite3"

    def _write_settings(self) -> None:
        at = self.folder
        self._write_toml(
            "keyd/keyd.toml",
            accounts.KEYD,
            socket=at / "keyd/keyd.sock",
            database=at / "keyd/keyd.sqlite3",
            master_key_file=at / "keyd/master.key",
            ticket_key_file=at / "keyd/ticket.key",
            peer_uids=[accounts.SERVER.uid],
            socket_gid=accounts.SERVER.gid,
        )
        self._write_toml(
            "hub/hub.toml",
            accounts.HUB,
            database=self._hub_database(),
            local_socket=at / "hub/local.sock",
            local_uids=[accounts.SERVER.uid],
            channel_socket=at / "hub/channel.sock",
        )
        self._write_toml(
            "server/server.toml",
            accounts.SERVER,
            directory=at / "database" if not self._database else at / "server",
            database=self._database,
            key_file=at / "server/server.key",
            secret_file=at / "server/secret",
            keyd_socket=at / "keyd/keyd.sock",
            hub_socket=at / "hub/local.sock",
            origins=[self._origin] if self._origin else [],
            tls=False,
        )
        places = front.Places(
            state=at / "front",
            static=Path(CHECKOUT_INSIDE) / "server/hanare_server/static",
            certificate=at / "front/server.pem",
            key=at / "front/server.key",
            api_socket=at / "server/api.sock",
            hub_socket=at / "hub/channel.sock",
        )
        self._write("front/nginx.conf", front.configuration(places).encode(), accounts.FRONT)

    def _hub_database(self) -> str:
        return self._database or f"sqlite:///{self.sqlite}"

    def _start_keyd(self) -> tuple[Process, Path]:
        socket = self.folder / "keyd/keyd.sock"
        argv = [checkout.PYTHON, "-m", "hanare_keyd", str(self.folder / "keyd/keyd.toml")]
        env = {"PYTHONPATH": checkout.python_path("core", "keyd")}
        return self._start("keyd", argv, accounts.KEYD, env, groups=(accounts.SERVER.gid,), socket=socket), socket

    def _start_hub(self) -> tuple[Process, Path]:
        socket = self.folder / "hub/channel.sock"
        argv = [checkout.PYTHON, "-m", "hanare_hub", str(self.folder / "hub/hub.toml")]
        env = {"PYTHONPATH": checkout.python_path("core", "hub")}
        return self._start("hub", argv, accounts.HUB, env, socket=socket), socket

    def _start_api(self) -> tuple[Process, Path]:
        socket = self.folder / "server/api.sock"
        options = ["--bind", f"unix:{socket}", "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)]
        quiet = ["--keep-alive", "75", "--umask", "7", "--worker-tmp-dir", SHARED_MEMORY, "--no-control-socket"]
        argv = [checkout.PYTHON, "-m", "gunicorn", *options, *quiet, "hanare_server.wsgi:application"]
        groups = (accounts.HUB.gid,)
        return self._start("api", argv, accounts.SERVER, self._server_env(), groups=groups, socket=socket), socket

    def _start_worker(self) -> tuple[Process, None]:
        argv = [checkout.PYTHON, "-m", "hanare_server", "worker"]
        return self._start("worker", argv, accounts.SERVER, self._server_env(), groups=(accounts.HUB.gid,)), None

    def _start_front(self) -> tuple[Process, Path]:
        pid = self.folder / "front/nginx.pid"
        argv = ["nginx", "-c", str(self.folder / "front/nginx.conf"), "-e", "stderr"]
        groups = (accounts.SERVER.gid, accounts.HUB.gid)
        return self._start("front", argv, accounts.FRONT, {}, groups=groups, socket=pid), pid

    def _start(  # noqa: PLR0913 - what differs from process to process, by keyword
        self,
        name: str,
        argv: Sequence[str],
        account: Account,
        env: Mapping[str, str],
        *,
        groups: Sequence[int] = (),
        socket: Path | None = None,
    ) -> Process:
        if socket is not None:
            socket.unlink(missing_ok=True)
        if name == "front":  # nginx does not take over the socket of a killed one
            self.console_socket.unlink(missing_ok=True)
        return self.machine.start(name, argv, user=account, groups=groups, env=env)

    def _server_env(self) -> Mapping[str, str]:
        return {
            "PYTHONPATH": checkout.python_path("core", "server"),
            "HANARE_SERVER_SETTINGS": str(self.folder / "server/server.toml"),
        }

    def _write(self, path: str, content: bytes, account: Account) -> None:
        self.machine.write(str(self.folder / path), content, mode=0o600, owner=account)

    def _write_toml(self, path: str, account: Account, **values: object) -> None:
        self._write(path, "".join(f"{key} = {_toml(value)}\n" for key, value in values.items()).encode(), account)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"'


def _own(path: Path, uid: int, gid: int, mode: int) -> None:
    os.chown(path, uid, gid)
    path.chmod(mode)
