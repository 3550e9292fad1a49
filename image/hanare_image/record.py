"""The batch's record: one CSV line for each stick that was registered, for labels and for the ledger. Nothing secret.

UTF-8 with a byte order mark, as spreadsheets in Japan want it. A line is on the disk before its stick is told done.
"""

import csv
import os
import threading
from pathlib import Path
from typing import Final

from hanare_image.enrolment import Enrolled
from hanare_image.texts import refused

COLUMNS: Final = Enrolled._fields


class Record:
    """A record file that lines are appended to, from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, enrolled: Enrolled) -> None:
        """Append a stick; raise KittingError that tells it, as it is registered by now."""
        with self._lock:
            try:
                self._append(enrolled)
            except OSError as error:
                raise refused("not-recorded", path=self._path, **enrolled._asdict()) from error

    def _append(self, enrolled: Enrolled) -> None:
        new = not self._path.exists()
        with self._path.open("a", encoding="utf-8-sig" if new else "utf-8", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(COLUMNS)
            writer.writerow(enrolled)
            file.flush()
            os.fsync(file.fileno())


def read(path: Path) -> list[Enrolled]:
    """Return the sticks of a record, each once, the last line winning; raise KittingError for a file that is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        lines = [Enrolled(row["stick"], row["label"] or "", row.get("fingerprint") or "") for row in rows]
        return list({line.stick: line for line in lines}.values())
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise refused("record", path=path) from error
