"""Start the agent: `python -m hanare_gateway SETTINGS.toml`; with `kill NAME` end sessions without the server."""

import asyncio
import logging
import sys
from pathlib import Path

from hanare_core import log_lines
from hanare_gateway.agent import Agent
from hanare_gateway.errors import KernelError
from hanare_gateway.kill import kill
from hanare_gateway.settings import SettingsError, read_settings

USAGE_ERROR = 2
FAILED = 1
SWITCH_S = 0.0002
"""How long another thread, which looks at 10,000 elements, may keep a stop waiting at each of its system calls, of
which it makes some ten; Python's default is 5 ms."""


def main(arguments: list[str]) -> int:
    """Run until stopped by a signal, or carry out one command; return 2 for settings that cannot be used."""
    log_lines.to_stderr("gateway")
    try:
        match arguments:
            case [settings]:
                sys.setswitchinterval(SWITCH_S)
                asyncio.run(Agent(read_settings(Path(settings))).run())
                return 0
            case [settings, "kill", name]:
                return kill(read_settings(Path(settings)), name)
    except SettingsError as error:
        log_lines.event(logging.getLogger(__name__), logging.CRITICAL, "settings", error=str(error))
        return USAGE_ERROR
    except (KernelError, OSError) as error:
        log_lines.event(logging.getLogger(__name__), logging.CRITICAL, "failed", error=str(error))
        return FAILED
    sys.stderr.write("usage: python -m hanare_gateway SETTINGS.toml [kill SESSION|STICK|USER|all]\n")
    return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
