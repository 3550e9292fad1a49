"""The server as it runs: gunicorn on a unix socket, nginx in front of it and of the hub, all on loopback."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from hanare_server import config
from tests.process import WAIT_SECONDS, Process, free_port

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


class Gunicorn(Process):
    """The server's web process on a unix socket."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self.socket = folder / "server.sock"
        options = ["--config", "python:hanare_server.serving", "--workers", str(workers)]
        command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{self.socket}", *options]
        super().__init__(
            [*command, "hanare_server.wsgi:application"],
            folder / "gunicorn.log",
            listens=[self.socket],
            environment={config.ENVIRONMENT: str(write_settings(folder))},
        )

    def start(self) -> None:
        """Start and wait until it answers: it takes connections long before Django is loaded."""
        super().start()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(WAIT_SECONDS)
            connection.connect(str(self.socket))
            connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert connection.recv(1), self.log


@contextlib.contextmanager
def nginx(folder: Path, channel: Path) -> Iterator[str]:
    """Run nginx before the server and the hub; gives the console's address."""
    port = free_port()
    static = settings.STATICFILES_DIRS[0]
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, static=static, channel=channel))
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf"]
    with Process(command, folder / "nginx.out", listens=[port]).running():
        yield f"http://127.0.0.1:{port}"
