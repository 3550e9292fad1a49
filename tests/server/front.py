"""The server as it runs: gunicorn on a unix socket, nginx in front of it and of the hub, all on loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from hanare_server import config

START_SECONDS: Final = 120.0
THREADS: Final = 8

_NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    types {{ text/css css; text/javascript js; image/svg+xml svg; }}
    server {{
        listen 127.0.0.1:{port};
        location /static/ {{ alias {static}/; }}
        location /live/ {{
            proxy_pass http://unix:{channel}; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
        }}
        location / {{
            proxy_pass http://unix:{folder}/server.sock;
            proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
        }}
    }}
}}
"""


def write_settings(folder: Path) -> Path:
    """Write the settings of this test run as a real server reads them, for plain HTTP on loopback."""
    chosen = settings.HANARE
    path = folder / "server.toml"
    lines = {key: getattr(chosen, key) for key in ("directory", "database", "hub_socket", "keyd_socket")}
    path.write_text("tls = false\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items()))
    return path


class Gunicorn:
    """The server's web process on a unix socket."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self._workers = workers
        self.socket = folder / "server.sock"
        self._log = folder / "gunicorn.log"
        self._environment = {**os.environ, config.ENVIRONMENT: str(write_settings(folder))}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return self._log.read_text()

    def start(self) -> None:
        """Start and wait until it takes connections."""
        options = ["--workers", str(self._workers), "--threads", str(THREADS)]
        command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{self.socket}", *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "hanare_server.wsgi:application"], env=self._environment, stderr=log, start_new_session=True
            )
        _until_listens(socket.AF_UNIX, str(self.socket), self._process)

    def kill(self) -> None:
        """End it with its workers, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(START_SECONDS)
        # The workers die a moment later, and until then their listening socket takes connections.
        deadline = time.monotonic() + START_SECONDS
        while _listens(socket.AF_UNIX, str(self.socket)):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it for the block."""
        self.start()
        try:
            yield
        finally:
            self.kill()


@contextlib.contextmanager
def nginx(folder: Path, channel: Path) -> Iterator[str]:
    """Run nginx before the server and the hub; gives the console's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    static = settings.STATICFILES_DIRS[0]
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, static=static, channel=channel))
    with (folder / "nginx.out").open("wb") as output:
        process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=output)
    try:
        _until_listens(socket.AF_INET, ("127.0.0.1", port), process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


def _until_listens(family: int, address: str | tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _listens(family, address):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _listens(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(address) == 0
