"""The folders and settings of the server's processes, each its own user's.

Everything lies below one folder. On SQLite the hub's user may write in the database's folder, because a reader of a WAL
needs its shared memory; it opens the file read-only. On PostgreSQL it has a role that may read two views.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from hanare_lab.installation import accounts, certificate, front
from hanare_lab.installation.accounts import Account
from hanare_lab.machine import Machine
from hanare_lab.root import CHECKOUT_INSIDE


@dataclass(frozen=True)
class ServerFiles:
    """What is below the folder of one server.

    `database` is a URL, or empty for SQLite; `origin` is where browsers reach the console, if any do.
    """

    machine: Machine
    folder: Path
    database: str = ""
    origin: str = ""

    def make(self) -> bytes:
        """Write all that `setup` and the processes want; return nginx's certificate in PEM."""
        self._make_folders()
        self._write_keyd()
        self._write_hub()
        self._write_server()
        return self._write_front()

    @property
    def sqlite(self) -> Path:
        """The database file of the embedded way to run."""
        return self.folder / "database/server.sqlite3"

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

    def _write_keyd(self) -> None:
        own = self.folder / "keyd"
        self._write_toml(
            "keyd/keyd.toml",
            accounts.KEYD,
            socket=own / "keyd.sock",
            database=own / "keyd.sqlite3",
            master_key_file=own / "master.key",
            ticket_key_file=own / "ticket.key",
            peer_uids=[accounts.SERVER.uid],
            socket_gid=accounts.SERVER.gid,
        )

    def _write_hub(self) -> None:
        own = self.folder / "hub"
        self._write_toml(
            "hub/hub.toml",
            accounts.HUB,
            database=self.database or f"sqlite:///{self.sqlite}",
            local_socket=own / "local.sock",
            local_uids=[accounts.SERVER.uid],
            channel_socket=own / "channel.sock",
        )

    def _write_server(self) -> None:
        own = self.folder / "server"
        self._write_toml(
            "server/server.toml",
            accounts.SERVER,
            directory=own if self.database else self.sqlite.parent,
            database=self.database,
            key_file=own / "server.key",
            secret_file=own / "secret",
            keyd_socket=self.folder / "keyd/keyd.sock",
            hub_socket=self.folder / "hub/local.sock",
            origins=[self.origin] if self.origin else [],
            tls=False,
        )

    def _write_front(self) -> bytes:
        own = self.folder / "front"
        public, private = certificate.make(front.TLS_NAME)
        places = front.Places(
            state=own,
            static=Path(CHECKOUT_INSIDE) / "server/hanare_server/static",
            certificate=own / "server.pem",
            key=own / "server.key",
            api_socket=self.folder / "server/api.sock",
            hub_socket=self.folder / "hub/channel.sock",
        )
        self._write("front/server.pem", public, accounts.FRONT)
        self._write("front/server.key", private, accounts.FRONT)
        self._write("front/nginx.conf", front.configuration(places).encode(), accounts.FRONT)
        return public

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
