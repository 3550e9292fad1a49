"""Log lines: one JSON object each, on stderr, with ids and codes, never with names, addresses or secrets."""

import json
import logging
from typing import Final

_FIELDS: Final = ("organisation", "stick", "session", "code", "revision", "act")


class JsonFormatter(logging.Formatter):
    """Writes time, level, logger, message, the fields of ours given by `extra`, and the error's type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, object] = {
            "time_ms": int(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
