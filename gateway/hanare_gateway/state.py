"""What the agent keeps on disk: the revocation epoch, the leases that are gone for ever, and what is halted.

Written as a whole to a new file, synced, and renamed over the old one, so a crash leaves the old or the new state.
"""

import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from hanare_core import wire
from hanare_core.messages.gateway import Halt
from hanare_gateway.settings import SettingsError

FILE_MODE: Final = 0o600


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the file; `revoked`: lease → wall time in milliseconds at which its ticket ends by itself."""

    epoch: wire.Count = 0
    revoked: dict[wire.Id, wire.Milliseconds] = {}
    halts: tuple[Halt, ...] = ()
    carrier: bool = True
    """Whether the organisation lets homes come by the carrier."""


class StateFile:
    """The file at `path`; its folder must exist and belong to the agent."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self.kept = self._read()

    def keep(self, kept: Kept) -> None:
        """Put the state on disk if it changed; raise OSError when that fails. Safe for several threads."""
        with self._lock:
            self._write(kept)

    def _write(self, kept: Kept) -> None:
        if kept == self.kept:
            return
        new = self._path.with_name(f".{self._path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(descriptor)
        new.rename(self._path)
        _sync_folder(self._path.parent)
        self.kept = kept

    def _read(self) -> Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise SettingsError(
                f"{self._path}: the state cannot be read; the epoch it holds must not be lost"
            ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
