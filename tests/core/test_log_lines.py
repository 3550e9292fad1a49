"""Log lines: one JSON object, ids and codes, never an error's text."""

import json
import logging

import pytest

from hanare_core import log_lines
from hanare_core.log_lines import LogLine


@pytest.fixture
def logger(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    """Give a logger whose records are kept."""
    caplog.set_level(logging.DEBUG)
    return logging.getLogger("test")


def test_an_event_is_one_line_with_its_facts(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    """The line names time, level, room, event and facts, whatever characters they hold."""
    log_lines.event(logger, logging.WARNING, "lease refused", lease="lea-1", code="conflict\n離れ", revision=7)
    text = LogLine("hub").format(caplog.records[0])
    line = json.loads(text)
    assert "\n" not in text
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "room": "hub",
        "event": "lease refused",
        "lease": "lea-1",
        "code": "conflict\n離れ",
        "revision": 7,
    }


def test_a_defect_is_told_by_type_and_place_only(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    """The text of an error may hold a secret, so it is not written."""
    with pytest.raises(ValueError, match="482913") as caught:
        int("pin 482913")
    log_lines.failure(logger, "request failed", caught.value, stick="st-1")
    text = LogLine("keyd").format(caplog.records[0])
    line = json.loads(text)
    assert "482913" not in text
    assert (line["error"], line["stick"]) == ("ValueError", "st-1")
    assert line["traceback"][-1].endswith("test_a_defect_is_told_by_type_and_place_only")
