"""Debian trees made by mmdebstrap and kept: a tree that exists is a tree that works.

A tree's name carries the hash of its recipe, so another package list makes another tree beside the old one. It is
built in a temporary folder under a lock and renamed when whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hanare_image.build.errors import BuildError
from hanare_image.build.mirror import debian_mirror

SUITE: Final = "trixie"
CACHE_ENV: Final = "HANARE_CACHE"
DEFAULT_CACHE: Final = Path("/var/cache/hanare")

NOT_INSTALLED: Final = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/man/*",
    "/usr/share/lintian/*",
    "/usr/share/locale/*",
    "/usr/lib/chromium/locales/*",
)
"""Manuals and other languages' messages: half of the small packages' weight, and nobody reads them here."""

INSTALLED: Final = ("/usr/lib/chromium/locales/en-US.pak", "/usr/lib/chromium/locales/ja.pak")
"""Of these the languages that a stick speaks; a browser without its own asks every page for English."""


@dataclass(frozen=True)
class Recipe:
    """What a tree is made of; `name` is for people and begins the folder's name."""

    name: str
    packages: Sequence[str]
    hooks: Sequence[str] = field(default=())
    """More options of mmdebstrap(1), such as --customize-hook=…"""

    @property
    def options(self) -> list[str]:
        """Return mmdebstrap's options."""
        options = ["--variant=minbase", "--mode=root"]
        options += [f"--dpkgopt=path-exclude={path}" for path in NOT_INSTALLED]
        options += [f"--dpkgopt=path-include={path}" for path in INSTALLED]
        options += ['--aptopt=Apt::Install-Recommends "false"']
        return [*options, *self.hooks]

    @property
    def path(self) -> Path:
        """Say where the tree is or will be."""
        recipe = "\n".join((SUITE, *self.options, *self.packages))
        return cache_folder() / f"{self.name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def cache_folder() -> Path:
    """Return the folder that keeps trees."""
    return Path(os.environ.get(CACHE_ENV) or DEFAULT_CACHE)


def ensure(recipe: Recipe) -> Path:
    """Return the tree, building it first if this machine has none; progress goes to standard error line by line."""
    tree = recipe.path
    if tree.is_dir():
        return tree
    tree.parent.mkdir(parents=True, exist_ok=True)
    with _locked(tree.with_suffix(".lock")):
        if not tree.is_dir():
            _build(recipe, tree)
    return tree


def _build(recipe: Recipe, tree: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise BuildError("mmdebstrap is not installed; install it with: apt-get install mmdebstrap")
    with tempfile.TemporaryDirectory(prefix=f".{recipe.name}-", dir=tree.parent) as scratch:
        unfinished = Path(scratch) / "root"
        command = ["mmdebstrap", *recipe.options, f"--include={','.join(recipe.packages)}", SUITE]
        _report_lines(recipe.name, [*command, str(unfinished), debian_mirror()])
        unfinished.rename(tree)


def _report_lines(name: str, command: list[str]) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = process.stdout or ()
        for line in lines:
            sys.stderr.write(f"{name}: {line}")
    if process.returncode != 0:
        raise BuildError(f"mmdebstrap ended with {process.returncode}; its last lines above say why")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
