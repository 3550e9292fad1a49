"""The server's worker as a process."""

import sys
from pathlib import Path

from hanare_server import config
from tests.process import Process
from tests.server.front import write_settings


class Worker(Process):
    """One worker on this run's database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            [sys.executable, "-m", "hanare_server", "worker"],
            folder / "worker.log",
            environment={config.ENVIRONMENT: str(write_settings(folder))},
        )
