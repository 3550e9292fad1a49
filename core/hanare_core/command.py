"""The `hanare` command: finds the room that a subcommand lives in and leaves the rest to it.

Rooms are installed without each other, so one is imported only when its subcommand is called. A room offers
`PACKAGE.MODULE:NAME`, something that is called like a typer app: with `args` and `prog_name`. To add a subcommand, add
a line to COMMANDS and one to `catalogue/command.*.toml`.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Final

from hanare_core.texts import Texts

COMMANDS: Final[dict[str, str]] = {
    "api": "hanare_server.client.command:app",
    "stick": "hanare_image.command:app",
}
"""Subcommand → where its app is."""

TEXTS: Final = Texts("hanare_core", "command")

_HELP: Final = {"help", "--help", "-h"}
_WRONG_COMMAND_LINE: Final = 2
"""What every Unix program ends with for a command line that it does not understand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `hanare SUBCOMMAND …`; return the exit status, unless the subcommand ends the program itself."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in _HELP:
        sys.stdout.write(_overview())
        return 0 if words else _WRONG_COMMAND_LINE
    name, *rest = words
    if name not in COMMANDS:
        return _refuse(TEXTS.text("problem.unknown", name=name) + "\n\n" + _overview())
    try:
        app = _find(COMMANDS[name])
    except ModuleNotFoundError as missing:
        room = COMMANDS[name].partition(".")[0].replace("_", "-")
        return _refuse(TEXTS.text("problem.missing", name=name, package=room, module=missing.name) + "\n")
    app(args=rest, prog_name=f"hanare {name}")
    return 0


def _find(place: str) -> Callable[..., object]:
    module, _, name = place.partition(":")
    found: Callable[..., object] = getattr(importlib.import_module(module), name)
    return found


def _overview() -> str:
    lines = [f"  {name:<12}{TEXTS.text(f'commands.{name}')}" for name in COMMANDS]
    return "\n".join([TEXTS.text("overview.usage"), "", *lines, "", TEXTS.text("overview.more"), ""])


def _refuse(text: str) -> int:
    sys.stderr.write(text)
    return _WRONG_COMMAND_LINE


if __name__ == "__main__":
    sys.exit(main())
