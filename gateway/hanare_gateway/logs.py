"""Where the agent's log lines go: standard error, in the one shape of `hanare_core.log_lines`."""

import logging

from hanare_core.log_lines import LogLine


def log_to_stderr() -> None:
    """Send the agent's records of level INFO and above to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLine("gateway"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("websockets").setLevel(logging.WARNING)
