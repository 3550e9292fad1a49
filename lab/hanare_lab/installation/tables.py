"""Empty tables, kept between runs: `migrate` takes a core for five seconds, and every hall and test run wants the same.

They are kept under the hash of what makes them, our migrations and the pinned requirements, whose packages have some
of their own. Whoever may not write to the cache migrates each time.
"""

import contextlib
import hashlib
import os
from pathlib import Path

from hanare_lab.root import CHECKOUT
from hanare_lab.tree import cache_folder


def kept(suffix: str) -> Path:
    """Say where the tables are, if an earlier run kept them; the suffix tells databases apart."""
    return cache_folder() / f"tables-{_makers_hash()}.{suffix}"


def keep(suffix: str, content: bytes) -> None:
    """Keep what `migrate` has just made of nothing."""
    place = kept(suffix)
    fresh = place.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.rename(place)


def _makers_hash() -> str:
    makers = sorted((CHECKOUT / "server").glob("hanare_server/*/migrations/*.py"))
    digest = hashlib.sha256()
    for maker in (*makers, CHECKOUT / "requirements/dev.txt"):
        digest.update(f"{maker.relative_to(CHECKOUT)}\n".encode() + maker.read_bytes())
    return digest.hexdigest()[:12]
