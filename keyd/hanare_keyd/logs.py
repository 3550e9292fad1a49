"""Where keyd's log lines go: standard error, in the one shape of `hanare_core.log_lines`."""

import logging
import sys
from typing import Final

from hanare_core.log_lines import LogLine

LOGGER: Final = logging.getLogger("hanare_keyd")


def start() -> None:
    """Send keyd's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine("keyd"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
