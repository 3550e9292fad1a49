"""Logs as JSON lines on standard error: an event, ids and codes; never names, addresses or secrets above DEBUG."""

import datetime as dt
import json
import logging
import sys
import traceback
from typing import Final

_EXTRA: Final = "facts"


def start(level: str) -> None:
    """Send every log record to standard error as one JSON line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # The library logs bad requests of strangers with a traceback; what matters of them is logged by the channels.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)


def event(logger: logging.Logger, level: int, name: str, **facts: str | float | None) -> None:
    """Log one event with its facts."""
    logger.log(level, name, extra={_EXTRA: facts})


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, object] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "room": "hub",
            "event": record.getMessage(),
            **getattr(record, _EXTRA, {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["defect"] = traceback.format_exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
