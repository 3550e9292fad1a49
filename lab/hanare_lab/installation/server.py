"""The office's server: keyd, hub, console and API, worker, and nginx in front, each with its own user."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_lab.installation import accounts, checkout, commands, tables
from hanare_lab.installation.accounts import Account
from hanare_lab.installation.commands import Commands
from hanare_lab.installation.server_files import ServerFiles
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import listens, until

READY_S: Final = 60.0
"""gunicorn imports Django in under two seconds; a machine with a load of 15 gets thirty times that."""


class Server:
    """Hanare's server side on one machine; `start` starts what does not run."""

    def __init__(
        self, machine: Machine, folder: Path = Path("/run/hanare"), *, database: str = "", origin: str = ""
    ) -> None:
        checkout.expose()
        self.machine = machine
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self._files = ServerFiles(machine, folder, database, origin)
        self.tls_certificate = self._files.make()
        self._commands = Commands(self._start_commands)
        self.keyd_key = self.keyd_admin("init").strip()

    def set_up(self, *, organisation: str, ca_key: str, password: str, totp_secret: str, **options: str) -> None:
        """Make tables, organisation, first department and administrator; options as those of `setup`."""
        self.keyd_admin("add-organisation", "--id", organisation, f"--ca-key={ca_key}")
        self._make_tables()
        named = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        known = [f"--organisation={organisation}", f"--ca-key={ca_key}"]
        self.manage("setup", *known, *named, stdin=f"{password}\n{totp_secret}\n")

    def start(self) -> None:
        """Start every process and wait until each can be reached."""
        for wait in [self._launch(name) for name in ("keyd", "hub", "api", "worker", "front")]:
            wait()

    def start_one(self, name: str) -> Process:
        """Start one process and wait until it can be reached."""
        self._launch(name)()
        return self.processes[name]

    def _launch(self, name: str) -> Callable[[], object]:
        """Start one process and return what waits until it can be reached."""
        launch = {
            "keyd": self._start_keyd,
            "hub": self._start_hub,
            "api": self._start_api,
            "worker": self._start_worker,
            "front": self._start_front,
        }[name]
        process, socket = launch()
        self.processes[name] = process
        reached = listens(socket) if socket is not None else lambda: True
        return partial(until, reached, seconds=READY_S, what=name, process=process)

    def kill(self, name: str) -> None:
        """Kill -9 a process, its workers included."""
        self.processes[name].kill_group()

    def manage(self, *command: str, stdin: str = "") -> str:
        """Run one of the server's commands as its user and return what it prints."""
        return self._commands.run("hanare_server", command, stdin)

    def run_module(self, module: str, *, stdin: str = "") -> str:
        """Run a module of the checkout as the server's user, with its settings, and return what it prints."""
        env = {**self._server_env(), commands.SETTINGS: "hanare_server.settings"}
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

    def close(self) -> None:
        """Let go of the process that runs commands; the machine's end ends the others."""
        self._commands.close()

    @property
    def console_socket(self) -> Path:
        """Where nginx serves the console to programs of the lab."""
        return self.folder / "front/console.sock"

    def server_key(self) -> str:
        """Return the Ed25519 public key that signs the server's answers."""
        seed = wire.key_bytes((self.folder / "server/server.key").read_text("ascii").strip())
        return signed.public_text(SigningKey(seed))

    def _make_tables(self) -> None:
        """Migrate; on SQLite a copy of the empty tables that an earlier run made will do."""
        kept = tables.kept("sqlite3")
        if not self._files.database and kept.exists():
            self.sqlite.write_bytes(kept.read_bytes())
            return
        self.manage("migrate", "--verbosity=0")
        if not self._files.database:
            tables.keep("sqlite3", self.sqlite.read_bytes())

    @property
    def sqlite(self) -> Path:
        """The database file of the embedded way to run."""
        return self._files.sqlite

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
        options = ["--config", "python:hanare_server.serving", "--bind", f"unix:{socket}"]
        argv = [checkout.PYTHON, "-m", "gunicorn", *options, "hanare_server.wsgi:application"]
        groups = (accounts.HUB.gid,)
        return self._start("api", argv, accounts.SERVER, self._server_env(), groups=groups, socket=socket), socket

    def _start_commands(self, descriptor: int) -> Process:
        env = {**self._server_env(), commands.SETTINGS: "hanare_server.settings"}
        env["PYTHONPATH"] += f":{checkout.python_path('lab')}"
        return self.machine.start(
            "commands",
            commands.command_line(descriptor),
            user=accounts.SERVER,
            groups=(accounts.HUB.gid,),
            env=env,
            pass_fds=(descriptor,),
        )

    def _start_worker(self) -> tuple[Process, None]:
        argv = [checkout.PYTHON, "-m", "hanare_server", "worker"]
        return self._start("worker", argv, accounts.SERVER, self._server_env(), groups=(accounts.HUB.gid,)), None

    def _start_front(self) -> tuple[Process, Path]:
        argv = ["nginx", "-c", str(self.folder / "front/nginx.conf"), "-e", "stderr"]
        groups = (accounts.SERVER.gid, accounts.HUB.gid)
        socket = self.console_socket  # nginx does not take over that of a killed one
        return self._start("front", argv, accounts.FRONT, {}, groups=groups, socket=socket), socket

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
        return self.machine.start(name, argv, user=account, groups=groups, env=env)

    def _server_env(self) -> Mapping[str, str]:
        return {
            "PYTHONPATH": checkout.python_path("core", "server"),
            "HANARE_SERVER_SETTINGS": str(self.folder / "server/server.toml"),
        }
