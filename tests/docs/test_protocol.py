"""docs/protocol.md, where a program can hold it against the code."""

import re
from collections.abc import Iterator
from pathlib import Path

from hanare_core.problems import Code, http_status

DOCUMENT = Path(__file__).parents[2] / "docs/protocol.md"
NOT_BY_HTTP = "–"


def test_every_problem_code_is_told_with_its_status() -> None:
    """The closed list and the table have the same codes, and the HTTP status that each one is sent with."""
    told = dict(_told())
    assert set(told) == {code.value for code in Code}
    by_http = {code: status for code, status in told.items() if status != NOT_BY_HTTP}
    assert by_http == {code: str(http_status(Code(code)).value) for code in by_http}


def _told() -> Iterator[tuple[str, str]]:
    """Give each code of the table with its status; where a row has several statuses they stand in the codes' order."""
    table = DOCUMENT.read_text("utf-8").partition("## Problem codes")[2]
    for codes, statuses in re.findall(r"^\| (`.+?`) \| (.+?) \|", table, re.MULTILINE):
        named, each = re.findall(r"`([a-z-]+)`", codes), statuses.split(", ")
        yield from zip(named, each if len(each) == len(named) else each * len(named), strict=True)
