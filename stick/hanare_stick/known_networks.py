"""The Wi-Fi networks that a worker had the stick remember, with their passwords; gone when another holder signs in.

One file on the state partition, mode 0600, written whole and flushed. Whose they are is a hash: the file names nobody.
A network that was joined before its holder signed in belongs to who signs in next.
"""

import contextlib
import hashlib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_stick import remembered
from hanare_stick.control_messages import MaybeTyped, Ssid

FILE: Final = "networks.json"
MOST: Final = 8
"""Home, parents, a hotel or two; the oldest goes."""


class KnownNetwork(wire.Message, frozen=True):
    """One network that can be joined without asking."""

    name: Ssid
    kind: Annotated[str, msgspec.Meta(max_length=16)]
    hidden: bool = False
    user: MaybeTyped = ""
    password: MaybeTyped = ""
    holder: str = ""
    """Hash of whose it is; empty: nobody has signed in since."""


class KnownNetworks(wire.Message, frozen=True):
    """The file."""

    networks: tuple[KnownNetwork, ...] = ()


def read(folder: Path) -> tuple[KnownNetwork, ...]:
    """Return the networks, the last one joined first; nothing when there is no such file or it is broken."""
    try:
        return wire.decode((folder / FILE).read_bytes(), KnownNetworks).networks
    except (OSError, Problem):
        return ()


def keep(folder: Path, network: KnownNetwork) -> None:
    """Remember a network. Raises OSError."""
    others = (one for one in read(folder) if (one.name, one.kind) != (network.name, network.kind))
    _write(folder, (network, *others)[:MOST])


def held_by(folder: Path, user: str) -> None:
    """Keep what is this user's or nobody's yet and forget every other's; a stick that cannot be written keeps all."""
    present = read(folder)
    holder = hashlib.sha256(user.encode()).hexdigest()
    kept = tuple(msgspec.structs.replace(one, holder=holder) for one in present if one.holder in {"", holder})
    if kept != present:
        with contextlib.suppress(OSError):
            _write(folder, kept)


def _write(folder: Path, networks: tuple[KnownNetwork, ...]) -> None:
    remembered.replace(folder / FILE, wire.encode(KnownNetworks(networks=networks)))
