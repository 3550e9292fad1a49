"""Where the hub's log lines go: standard error, in the one shape of `hanare_core.log_lines`."""

import logging
import sys

from hanare_core.log_lines import LogLine


def start(level: str) -> None:
    """Send every log record to standard error as one JSON line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine("hub"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The library logs bad requests of strangers with a traceback; what matters of them is logged by the channels.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
