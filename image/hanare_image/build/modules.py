"""The kernel and its modules: which ones a list needs, in the order of insmod, and which ones the root keeps."""

from __future__ import annotations

import lzma
from pathlib import Path

from hanare_image.build.errors import BuildError


def release(tree: Path) -> str:
    """Return the release of the one kernel that is installed in a tree."""
    found = sorted(path.name for path in (tree / "usr/lib/modules").iterdir())
    if len(found) != 1:
        raise BuildError(f"{tree} holds {len(found)} kernels, not one: {' '.join(found)}")
    return found[0]


def kernel(tree: Path) -> Path:
    """Return the one kernel of a tree, as Debian signed it."""
    return tree / f"boot/vmlinuz-{release(tree)}"


def load_order(tree: Path, names: list[str]) -> list[Path]:
    """Return the files of the modules and of all that they need, each after those it needs."""
    base = tree / "usr/lib/modules" / release(tree)
    needs = _dependencies(base)
    by_name = {_name(path): path for path in needs}
    ordered: dict[str, None] = {}
    for name in names:
        path = by_name.get(name.replace("-", "_"))
        if path is None:
            if name.replace("-", "_") in _built_in(base):
                continue
            raise BuildError(f"the kernel has no module {name}")
        # modules.dep lists the deepest need last (depmod(8))
        ordered |= dict.fromkeys([*reversed(needs[path]), path])
    return [base / path for path in ordered]


def content(path: Path) -> bytes:
    """Return a module as insmod of busybox takes it: not compressed."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def dependencies(tree: Path) -> dict[Path, list[Path]]:
    """Return for each module file of a tree's kernel all those that it needs, the deepest need last (depmod(8))."""
    base = tree / "usr/lib/modules" / release(tree)
    return {base / path: [base / need for need in needs] for path, needs in _dependencies(base).items()}


def _dependencies(base: Path) -> dict[str, list[str]]:
    lines = (base / "modules.dep").read_text("ascii").splitlines()
    return {path: needs.split() for path, _, needs in (line.partition(":") for line in lines)}


def _built_in(base: Path) -> set[str]:
    return {_name(line) for line in (base / "modules.builtin").read_text("ascii").split()}


def _name(path: str) -> str:
    return Path(path).name.partition(".")[0].replace("-", "_")
