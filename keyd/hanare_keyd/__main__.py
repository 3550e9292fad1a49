"""`python -m hanare_keyd SETTINGS.toml`: run keyd until SIGTERM."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from hanare_core import log_lines
from hanare_core.hardening import no_core_dumps
from hanare_keyd import clock, keys, schema, server, settings
from hanare_keyd.service import Service
from hanare_keyd.settings import SettingsError
from hanare_keyd.store import Store

USAGE_STATUS: Final = 2
"""Exit status for wrong arguments or settings."""

PRIVATE_UMASK: Final = 0o177
"""Whatever keyd makes, its socket first, is its own user's alone."""


def main(arguments: list[str]) -> int:
    """Run keyd; return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m hanare_keyd SETTINGS.toml\n")
        return USAGE_STATUS
    try:
        chosen = settings.load(Path(arguments[0]))
        own_keys = keys.load(chosen)
        schema.create(Path(chosen.database))
    except SettingsError as error:
        sys.stderr.write(f"keyd: {error}\n")
        return USAGE_STATUS
    os.umask(PRIVATE_UMASK)
    no_core_dumps()
    log_lines.to_stderr("keyd")
    store = Store(Path(chosen.database), clock.now_ms)
    try:
        asyncio.run(server.serve(chosen, Service(own_keys, store), store))
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
