"""Structured log: one JSON object a line on standard error, with ids only: never names, PINs, codes or keys."""

import json
import logging
import sys
from typing import Any

_LOGGER = logging.getLogger("hanare_keyd")


def start() -> None:
    """Send keyd's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


def event(name: str, **fields: str | int) -> None:
    """Write one event with its ids."""
    _LOGGER.info(name, extra={"fields": fields})


def failure(name: str, error: BaseException) -> None:
    """Write an unforeseen error by its type alone: its text might hold a secret."""
    _LOGGER.error(name, extra={"fields": {"error": type(error).__name__, "at": _place(error)}})


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "fields", {})
        head = {"time_ms": int(record.created * 1000), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(head | fields, separators=(",", ":"))


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
