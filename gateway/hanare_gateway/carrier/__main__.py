"""Start the carrier: `python -m hanare_gateway.carrier SETTINGS.toml`, as a user of its own without any capability."""

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import sys
from pathlib import Path

from hanare_core import log_lines
from hanare_gateway.carrier.confine import confine
from hanare_gateway.carrier.server import listen, serve
from hanare_gateway.carrier.settings import Settings, SettingsError, read_settings, tls_context

USAGE_ERROR = 2


def main(arguments: list[str]) -> int:
    """Run until stopped by a signal; return 2 for settings that cannot be used."""
    log_lines.to_stderr("gateway")
    log = logging.getLogger(__name__)
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m hanare_gateway.carrier SETTINGS.toml\n")
        return USAGE_ERROR
    try:
        settings = read_settings(Path(arguments[0]))
        context, listeners = tls_context(settings), listen(settings.port)
    except (SettingsError, OSError) as error:
        log_lines.event(log, logging.CRITICAL, "settings", error=str(error))
        return USAGE_ERROR
    asyncio.run(_run(settings, context, listeners))
    return 0


async def _run(settings: Settings, context: ssl.SSLContext, listeners: list[socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(serve(listeners, context, settings.wireguard_port))
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    confine()
    log_lines.event(logging.getLogger(__name__), logging.INFO, "carrier ready", port=settings.port)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
