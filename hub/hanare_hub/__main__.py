"""`python -m hanare_hub SETTINGS.toml`: run the hub until SIGTERM or SIGINT."""

import sys
from pathlib import Path

import uvloop

from hanare_core import log_lines
from hanare_hub import server, settings

USAGE_EXIT = 64
"""EX_USAGE of sysexits.h: wrong arguments or settings; starting again does not help."""


def main() -> int:
    """Return the process's exit status."""
    if len(sys.argv) != 2:  # noqa: PLR2004 -- program and settings file
        sys.stderr.write("usage: python -m hanare_hub SETTINGS.toml\n")
        return USAGE_EXIT
    try:
        chosen = settings.load(Path(sys.argv[1]))
    except settings.SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_EXIT
    log_lines.to_stderr("hub", chosen.log_level)
    uvloop.run(server.serve(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
