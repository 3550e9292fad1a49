"""`python -m hanare_stick SETTINGS.toml`: the stick's agent. Ends with 0 on SIGTERM, with 2 when it cannot start."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from hanare_core import log_lines
from hanare_core.hardening import no_core_dumps
from hanare_core.problems import Problem
from hanare_stick.agent import Agent
from hanare_stick.settings import SettingsError, read_settings


async def _run(agent: Agent) -> None:
    task = asyncio.create_task(agent.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main() -> int:
    """Run the agent of the stick that the settings name."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.stderr.write("usage: python -m hanare_stick SETTINGS.toml\n")
        return 2
    no_core_dumps()
    log_lines.to_stderr("stick")
    try:
        asyncio.run(_run(Agent(read_settings(Path(sys.argv[1])))))
    except (SettingsError, OSError, Problem) as error:
        sys.stderr.write(f"hanare-stick: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
