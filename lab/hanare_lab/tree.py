"""The Debian 13 tree in which gateways, sticks and office PCs run; built once by mmdebstrap and kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from hanare_image.build import tree
from hanare_image.build.errors import BuildError
from hanare_image.build.tree import Recipe, cache_folder
from hanare_lab import packages
from hanare_lab.errors import LabError

__all__ = ["cache_folder", "ensure", "tree_path"]

RECIPE: Final = Recipe(
    "tree",
    packages.ALL,
    tuple(f'--customize-hook=chroot "$1" localedef -i {name} -f UTF-8 {name}.UTF-8' for name in packages.LOCALES),
)


def tree_path() -> Path:
    """Say where the tree of this recipe is or will be."""
    return RECIPE.path


def ensure() -> Path:
    """Return the tree, building it first if this machine has none; progress goes to standard error line by line."""
    try:
        return tree.ensure(RECIPE)
    except BuildError as error:
        raise LabError(str(error)) from error


if __name__ == "__main__":
    sys.stdout.write(f"{ensure()}\n")
