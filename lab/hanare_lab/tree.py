"""The Debian 13 tree in which gateways, sticks and office PCs run; built once by mmdebstrap and kept.

The tree's name carries the hash of its recipe, so another package list makes another tree beside the old one. It is
built in a temporary folder under a lock and renamed when whole: a tree that exists is a tree that works.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hanare_lab import packages
from hanare_lab.errors import LabError
from hanare_lab.mirror import debian_mirror

SUITE = "trixie"
CACHE_ENV = "HANARE_CACHE"
DEFAULT_CACHE = Path("/var/cache/hanare")


def cache_folder() -> Path:
    """Return the folder that keeps trees."""
    return Path(os.environ.get(CACHE_ENV) or DEFAULT_CACHE)


def tree_path() -> Path:
    """Say where the tree of this recipe is or will be."""
    recipe = "\n".join((SUITE, *_options(), *packages.ALL))
    return cache_folder() / f"tree-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure() -> Path:
    """Return the tree, building it first if this machine has none; progress goes to standard error line by line."""
    tree = tree_path()
    if tree.is_dir():
        return tree
    tree.parent.mkdir(parents=True, exist_ok=True)
    with _locked(tree.with_suffix(".lock")):
        if not tree.is_dir():
            _build(tree)
    return tree


def _options() -> list[str]:
    options = ["--variant=minbase", "--mode=root"]
    options += [f"--dpkgopt=path-exclude={path}" for path in packages.EXCLUDED_PATHS]
    options += ['--aptopt=Apt::Install-Recommends "false"']
    options += [f'--customize-hook=chroot "$1" localedef -i {name} -f UTF-8 {name}.UTF-8' for name in packages.LOCALES]
    return options


def _build(tree: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is not installed; install it with: apt-get install mmdebstrap")
    with tempfile.TemporaryDirectory(prefix=".tree-", dir=tree.parent) as scratch:
        unfinished = Path(scratch) / "root"
        command = ["mmdebstrap", *_options(), f"--include={','.join(packages.ALL)}", SUITE]
        _report_lines([*command, str(unfinished), debian_mirror()])
        unfinished.rename(tree)


def _report_lines(command: list[str]) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines = process.stdout or ()
        for line in lines:
            sys.stderr.write(f"tree: {line}")
    if process.returncode != 0:
        raise LabError(f"mmdebstrap ended with {process.returncode}; its last lines above say why")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.stdout.write(f"{ensure()}\n")
