"""`python -m hanare_stick SETTINGS.toml`: the stick's agent. Ends with 0 on SIGTERM, with 2 when it cannot start.

A stick whose own partition cannot be read has no agent: its screen says so for as long as the PC is on.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from hanare_core import log_lines
from hanare_core.hardening import no_core_dumps
from hanare_core.problems import Problem
from hanare_stick import damaged
from hanare_stick.agent import Agent
from hanare_stick.device import Device
from hanare_stick.settings import Settings, SettingsError, read_settings

_log = logging.getLogger(__name__)


async def _run(settings: Settings) -> None:
    task = asyncio.create_task(_serve(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _serve(settings: Settings) -> None:
    try:
        device = Device(Path(settings.device))
    except (OSError, Problem) as error:
        _log.error("the stick's partition cannot be read: %s", error)
        await damaged.serve(settings)
    else:
        await Agent(settings, device).run()


def main() -> int:
    """Run the agent of the stick that the settings name."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.stderr.write("usage: python -m hanare_stick SETTINGS.toml\n")
        return 2
    no_core_dumps()
    log_lines.to_stderr("stick")
    try:
        asyncio.run(_run(read_settings(Path(sys.argv[1]))))
    except (SettingsError, OSError, Problem) as error:
        sys.stderr.write(f"hanare-stick: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
