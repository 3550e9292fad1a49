"""`python -m hanare_image.build [--variant NAME] [--output DIR] [--keys DIR] [--version N]`: builds one image.

Each step says what it does and how long it took. The build runs in a mount namespace of its own, so that whatever
happens nothing stays mounted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from hanare_image.build import variant
from hanare_image.build.errors import BuildError
from hanare_image.build.image import Builder

T = TypeVar("T")

CHECKOUT: Final = Path(__file__).resolve().parents[3]
DEFAULT_OUTPUT: Final = CHECKOUT / "var/image"
_ENTERED: Final = "HANARE_BUILD_ENTERED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the image that the command line names."""
    options = _parser().parse_args(arguments)
    if os.geteuid() != 0:
        sys.stderr.write("image: the build mounts and changes roots: run it as root\n")
        return 2
    if _ENTERED not in os.environ:
        _enter(sys.argv[1:] if arguments is None else list(arguments))
    try:
        chosen = variant.read(options.variant)
        keys = options.keys or options.output / "keys"
        builder = Builder(chosen, options.version, CHECKOUT, options.output / chosen.name, keys, _Steps().step)
        builder.build()
    except BuildError as error:
        sys.stderr.write(f"image: {error}\n")
        return 1
    return 0


class _Steps:
    def __init__(self) -> None:
        self._begun = time.monotonic()

    def step(self, what: str, work: Callable[[], T]) -> T:
        """Run one step and tell it with the time since the build began."""
        sys.stdout.write(f"  {what} …\n")
        sys.stdout.flush()
        begun = time.monotonic()
        result = work()
        now = time.monotonic()
        sys.stdout.write(f"  {what}: {now - begun:.1f} s (at {now - self._begun:.0f} s)\n")
        sys.stdout.flush()
        return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hanare_image.build", description="build the stick's OS image")
    parser.add_argument("--variant", default="basic", help=f"{', '.join(variant.names())}, or a .toml file")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="where the variants' folders are")
    parser.add_argument("--keys", type=Path, help="folder of PK, KEK and db; made when it is empty")
    parser.add_argument("--version", type=int, default=1, help="the release's number")
    return parser


def _enter(arguments: list[str]) -> None:
    os.environ[_ENTERED] = "1"
    again = ["unshare", "--mount", "--propagation=private", sys.executable, "-m", "hanare_image.build", *arguments]
    os.execvp(again[0], again)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
