"""Start the agent: `python -m hanare_gateway SETTINGS.toml`."""

import asyncio
import logging
import sys
from pathlib import Path

from hanare_core import log_lines
from hanare_gateway.agent import Agent
from hanare_gateway.logs import log_to_stderr
from hanare_gateway.settings import SettingsError, read_settings

USAGE_ERROR = 2


def main(arguments: list[str]) -> int:
    """Run until stopped by a signal; return 2 for settings that cannot be used."""
    log_to_stderr()
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m hanare_gateway SETTINGS.toml\n")
        return USAGE_ERROR
    try:
        agent = Agent(read_settings(Path(arguments[0])))
    except SettingsError as error:
        log_lines.event(logging.getLogger(__name__), logging.CRITICAL, "settings", error=str(error))
        return USAGE_ERROR
    asyncio.run(agent.run())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
