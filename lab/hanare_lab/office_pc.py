"""A real RDP host: xrdp with an Xorg session, a small desktop, Linux users and a self-signed certificate to pin.

xrdp reads what comes from the network and runs as its own user; only xrdp-sesman, which starts sessions, is root. TLS
1.2 or newer is the only security layer, all channels (clipboard, drives, sound) are off. xrdp has no NLA.
"""

from __future__ import annotations

import hashlib
import shlex
import ssl
from pathlib import Path
from typing import Final

from hanare_lab import desktop
from hanare_lab.machine import Machine
from hanare_lab.process import Process
from hanare_lab.wait import listens, until

RDP_PORT: Final = 3389
READY_SECONDS: Final = 30.0
CERTIFICATE_DAYS: Final = 398
_CERTIFICATE: Final = "/etc/xrdp/hanare.pem"
_KEY: Final = "/etc/xrdp/hanare.key"
_SOCKETS: Final = "/run/xrdp/sockdir"

_XRDP_INI: Final = """\
[Globals]
ini_version=1
fork=true
port=tcp://:3389
tcp_nodelay=true
tcp_keepalive=true
security_layer=tls
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=Xorg
allow_channels=false
allow_multimon=true
max_bpp=32
new_cursors=true
use_fastpath=both
ls_title={title}
ls_top_window_bg_color=24476b
ls_bg_color=f0f0f0
[Logging]
LogFile=/dev/null
EnableSyslog=false
EnableConsole=true
ConsoleLevel=INFO
[Channels]
rdpdr=false
rdpsnd=false
drdynvc=false
cliprdr=false
rail=false
xrdpvr=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
port=-1
code=20
"""
_SESMAN_INI: Final = """\
[Globals]
EnableUserWindowManager=false
DefaultWindowManager=/etc/xrdp/startwm.sh
[Security]
AllowRootLogin=false
MaxLoginRetry=4
RestrictOutboundClipboard=all
RestrictInboundClipboard=all
SessionSockdirGroup=xrdp
[Sessions]
X11DisplayOffset=10
MaxSessions=5
KillDisconnected=false
Policy=Default
[Logging]
LogFile=/dev/null
EnableSyslog=false
EnableConsole=true
ConsoleLevel=INFO
[Xorg]
param=/usr/lib/xorg/Xorg
param=-config
param=xrdp/xorg.conf
param=-noreset
param=-nolisten
param=tcp
param=-logfile
param=/dev/null
[Chansrv]
EnableFuseMount=false
[SessionVariables]
LANG=ja_JP.UTF-8
"""


class OfficePc:
    """The office PC on ``machine``, which needs a root of its own. ``fingerprint`` is what a stick pins."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._xrdp_ids = _ids_of(machine, "xrdp")
        self.processes: list[Process] = []
        self._write_settings()
        self.certificate = self._make_certificate()

    @property
    def fingerprint(self) -> str:
        """The certificate's SHA-256 in hexadecimal with colons, as FreeRDP's ``/cert:fingerprint:sha256:`` wants it."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate)).digest().hex(":")

    def add_user(self, name: str, password: str, *, department: str = "") -> None:
        """Make a user who may sign in; the desktop shows their department (Japanese is fine)."""
        self.machine.run(["useradd", "--create-home", "--shell", "/bin/bash", "--comment", department, name])
        self.machine.run(["chpasswd"], stdin=f"{name}:{password}\n")

    def start(self) -> None:
        """Start the RDP host and return when it takes connections."""
        sesman = self.machine.start("sesman", ["/usr/sbin/xrdp-sesman", "--nodaemon"])
        socket = self.machine.root / _SOCKETS.lstrip("/") / "sesman.socket"
        until(listens(socket), seconds=READY_SECONDS, what="xrdp-sesman", process=sesman)
        xrdp = self.machine.start("xrdp", ["/usr/sbin/xrdp", "--nodaemon"], user=self._xrdp_ids)
        self.processes = [sesman, xrdp]
        until(self.listening, seconds=READY_SECONDS, what="xrdp", process=xrdp)

    def stop(self) -> None:
        """Stop the RDP host; sessions end with it."""
        for process in reversed(self.processes):
            process.close()

    def listening(self) -> bool:
        """Whether something waits on the RDP port."""
        return bool(self.machine.run(["ss", "-ltnH", f"sport = :{RDP_PORT}"]).stdout)

    def _write_settings(self) -> None:
        machine = self.machine
        title = f"業務用PC {machine.name}"
        machine.write("/etc/xrdp/xrdp.ini", _XRDP_INI.format(certificate=_CERTIFICATE, key=_KEY, title=title))
        machine.write("/etc/xrdp/sesman.ini", _SESMAN_INI)
        machine.write("/etc/xrdp/startwm.sh", desktop.START_SCRIPT, mode=0o755)
        for path, content in desktop.ICEWM_FILES.items():
            machine.write(path, content)
        runtime = machine.root / "run/xrdp"
        runtime.mkdir(mode=0o755, exist_ok=True)

    def _make_certificate(self) -> str:
        subject = f"/CN={self.machine.name}"
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(CERTIFICATE_DAYS)]
        files = ["-subj", subject, "-keyout", _KEY, "-out", _CERTIFICATE]
        self.machine.run(["sh", "-c", f"umask 077 && {shlex.join([*request, *files])}"])
        self.machine.run(["chown", "xrdp:xrdp", _KEY, _CERTIFICATE])
        return Path(self.machine.root, _CERTIFICATE.lstrip("/")).read_text()


def _ids_of(machine: Machine, user: str) -> tuple[int, int]:
    fields = machine.run(["getent", "passwd", user]).stdout.split(":")
    return int(fields[2]), int(fields[3])
