"""How iwd is told of an enterprise network: a provisioning file, named and written as iwd.network(5) says.

Limits: PEAP's server is not verified, since nobody at home knows its authority and name; the worker's manual says so.
"""

import os
import string
from pathlib import Path
from typing import Final

_PLAIN: Final = frozenset(string.ascii_letters + string.digits + "-_ ")


def file_name(ssid: str) -> str:
    """Return the name of the file: names with other than plain characters are `=` and hexadecimal."""
    plain = bool(ssid) and not set(ssid) - _PLAIN
    return f"{ssid if plain else '=' + ssid.encode().hex()}.8021x"


def provision(state: Path, ssid: str, user: str, password: str) -> None:
    """Write the file for PEAP with MSCHAPv2, readable by root alone. Raises OSError."""
    lines = [
        "[Security]",
        "EAP-Method=PEAP",
        f"EAP-Identity={_escaped(user)}",
        "EAP-PEAP-Phase2-Method=MSCHAPV2",
        f"EAP-PEAP-Phase2-Identity={_escaped(user)}",
        f"EAP-PEAP-Phase2-Password={_escaped(password)}",
        "",
    ]
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = state / ".hanare.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    fresh.rename(state / file_name(ssid))


def _escaped(value: str) -> str:
    """Return a value as ell's settings take it: backslashes doubled, spaces at its ends written out."""
    value = value.replace("\\", "\\\\")
    inner = value.strip(" ")
    lead = len(value) - len(value.lstrip(" "))
    return "\\s" * lead + inner + "\\s" * (len(value) - lead - len(inner))
