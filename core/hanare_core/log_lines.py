"""What a log line of ours looks like, in every room: one JSON object with an event, ids and codes.

Shape: {time (UTC, RFC 3339, ms), level, room, event, …facts}, and for a defect {error, traceback}: the error's type and
where it happened, never its text, which may hold what a person typed. Names, addresses and secrets are no facts.
"""

import datetime as dt
import json
import logging
import sys
import traceback
from typing import Final

_FACTS: Final = "facts"

Fact = str | int | float | None


class LogLine(logging.Formatter):
    """Formats the records of one room."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": self._room,
            "event": record.getMessage(),
            **getattr(record, _FACTS, {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            line["error"] = type(error).__name__
            line["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


def to_stderr(room: str, level: str = "INFO") -> None:
    """Send every record of this process from `level` on to standard error, in a room's name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine(room))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # They log each request, and what strangers send with a traceback; what matters of it our own lines say.
    for library in ("httpx", "websockets"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


def event(logger: logging.Logger, level: int, name: str, **facts: Fact) -> None:
    """Log one event with its facts."""
    logger.log(level, name, extra={_FACTS: facts})


def failure(logger: logging.Logger, name: str, error: BaseException, **facts: Fact) -> None:
    """Log a defect of ours."""
    logger.error(name, exc_info=error, extra={_FACTS: facts})
