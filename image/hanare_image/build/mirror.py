"""Which Debian mirror trees are made from: the one the host itself uses.

Reads the host's apt sources in both of apt's formats (sources.list(5)); no address stands in the code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hanare_image.build.errors import BuildError

MIRROR_ENV = "HANARE_DEBIAN_MIRROR"
APT = Path("/etc/apt")


def debian_mirror(apt: Path = APT) -> str:
    """Return the URI of a Debian archive: the environment's, else the first of apt's own Debian sources."""
    chosen = os.environ.get(MIRROR_ENV)
    if chosen:
        return chosen
    for uri in _sources(apt):
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise BuildError(f"no Debian archive among apt's sources; set {MIRROR_ENV} to the address of one")


def _sources(apt: Path) -> Iterator[str]:
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        yield from _deb822_uris(path.read_text())
    for path in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))):
        if path.exists():
            yield from _one_line_uris(path.read_text())


def _deb822_uris(text: str) -> Iterator[str]:
    for line in text.splitlines():
        field, _, value = line.partition(":")
        if field.strip().lower() == "uris":
            yield from value.split()


def _one_line_uris(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = [word for word in line.split("#")[0].split() if "=" not in word and word not in "[]"]
        if words and words[0] == "deb":
            yield words[1]
