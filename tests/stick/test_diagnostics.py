"""The stick's diagnostics hold no secrets and are bounded, whatever was logged."""

import logging
import secrets

from hypothesis import given
from hypothesis import strategies as st

from hanare_stick.diagnostics import LOG_BYTES, Tail, struck


def test_keys_and_addresses_are_struck_out() -> None:
    """What looks like one goes, what a person needs stays."""
    key = secrets.token_urlsafe(32)
    line = struck(f'{{"event":"line changed","key":"{key}","a":"192.168.1.20","b":"fd00:1::2","gateway":"gateway-1"}}')
    assert key not in line
    assert "192.168" not in line
    assert "fd00" not in line
    assert "gateway-1" in line
    assert "line changed" in line


@given(st.lists(st.text(max_size=2_000), max_size=100))
def test_the_tail_is_bounded_and_ends_with_the_newest(lines: list[str]) -> None:
    """However much is logged, what is sent fits; the newest line is in it."""
    tail = Tail()
    for text in lines:
        tail.emit(logging.LogRecord("x", logging.INFO, "x", 1, "%s", (text,), None))
    newest = tail.newest()
    assert sum(len(line.encode()) for line in newest) <= LOG_BYTES
    assert bool(newest) == bool(lines)
