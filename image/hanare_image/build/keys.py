"""Secure Boot keys of one's own: platform key, key exchange key and two signing keys, made once and kept.

RSA 2048 and self-signed, as firmware wants them. Boot loader and UKI carry a signature of each signing key, so that a
PC starts that trusts the present one (`db`), its successor (`db-next`) or both: no fleet of PCs learns a new key in one
day. Whoever has either can start anything on PCs that trust it, so a release's keys belong on the signer's medium, and
the folder is given to the build.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hanare_image.build.tools import Tools

SIGNING: Final = ("db", "db-next")
NAMES: Final = ("PK", "KEK", *SIGNING)
OWNER: Final = "6b2f1f8e-33a4-4c1f-9e0b-0d0f4a7a2c11"
"""Hanare's GUID as owner of its entries in the firmware's variables."""

_DAYS: Final = "7300"


def ensure(folder: Path, tools: Tools) -> Path:
    """Make the keys that are missing and return the folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in NAMES:
        if not (folder / f"{name}.key").exists():
            _make(folder, name, tools)
    return folder


def _make(folder: Path, name: str, tools: Tools) -> None:
    subject = f"/O=Hanare/CN=Hanare Secure Boot {name}"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", _DAYS, "-subj", subject]
    tools.run(folder, [*request, "-keyout", f"{name}.key", "-out", f"{name}.crt"])
    (folder / f"{name}.key").chmod(0o600)
