"""Structured logs: one JSON object a line on standard error, with ids and codes, never names, addresses or secrets."""

import json
import logging


class JsonLines(logging.Formatter):
    """Formats a record as {time, level, event, …facts}; facts come as `extra={"facts": {…}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        facts: dict[str, object] = getattr(record, "facts", {})
        line = {"time": round(record.created, 3), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**line, **facts}, ensure_ascii=False, default=str)


def log_to_stderr() -> None:
    """Send the agent's records of level INFO and above to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("websockets").setLevel(logging.WARNING)
