"""CSV as spreadsheets of this country write and read it: UTF-8 with a byte order mark, or Shift_JIS (cp932).

A cell that a spreadsheet would run as a formula is written with an apostrophe before it, and read without it
(OWASP "CSV injection"; full-width ＝＋－＠ count, because some spreadsheets fold them).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

FILE_BYTES: Final = 4 * 1024 * 1024
"""20,000 users of 200 bytes."""

FILE_ROWS: Final = 20_000
CELL_CHARACTERS: Final = 500

_FORMULA: Final = tuple("=+-@\t\r＝＋－＠|%")
_BOM: Final = b"\xef\xbb\xbf"


class Encoding(StrEnum):
    """How a file is written."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"


class UnreadableError(Exception):
    """The file is no CSV that can be read; `fault` names why, `line` where (0: the whole file)."""

    def __init__(self, fault: str, line: int = 0) -> None:
        super().__init__(fault)
        self.fault = fault
        self.line = line


def read(raw: bytes) -> list[list[str]]:
    """Return the rows of a file; raises UnreadableError."""
    if len(raw) > FILE_BYTES:
        raise UnreadableError("too-large")
    if not raw.strip():
        raise UnreadableError("empty")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError("spreadsheet")
    text = _decoded(raw)
    if "\0" in text:
        raise UnreadableError("not-text")
    return _rows(text)


def write(rows: Iterable[Sequence[str]], encoding: Encoding) -> bytes:
    """Return the file; raises UnicodeEncodeError for a character that Shift_JIS does not have."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    text = made.getvalue()
    return _BOM + text.encode() if encoding == Encoding.UTF_8 else text.encode("cp932")


def inert(cell: str) -> str:
    """Return the cell as no spreadsheet runs it."""
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell


def plain(cell: str) -> str:
    """Return the cell as it was before `inert`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell


def _decoded(raw: bytes) -> str:
    if raw.startswith(_BOM):
        return _strict(raw[len(_BOM) :], "utf-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(raw, "cp932")


def _strict(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("encoding", raw.count(b"\n", 0, error.start) + 1) from error


def _rows(text: str) -> list[list[str]]:
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head and "," not in head else ",")
    rows: list[list[str]] = []
    try:
        for row in reader:
            if len(rows) > FILE_ROWS:
                raise UnreadableError("too-many-rows", reader.line_num)
            if any(len(cell) > CELL_CHARACTERS for cell in row):
                raise UnreadableError("long-cell", reader.line_num)
            rows.append([plain(cell.strip()) for cell in row])
    except csv.Error as error:
        raise UnreadableError("not-text", reader.line_num) from error
    return rows
