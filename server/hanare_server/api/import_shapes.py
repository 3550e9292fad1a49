"""The shapes of imports and of the jobs that carry them out."""

from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict

from hanare_server.directory.transfer import text

BASE64_CHARACTERS = (text.FILE_BYTES + 2) // 3 * 4
"""Of the largest file."""

File = Annotated[str, Field(max_length=BASE64_CHARACTERS, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
"""The file as it lies on the disk, UTF-8 or Shift_JIS, in base64 (RFC 4648, 4)."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Given(Schema):
    """A file."""

    model_config = ConfigDict(extra="forbid")

    file: File


class Confirmed(Given):
    """The file again, and `shown` of its preview: what was shown is carried out, or nothing is."""

    shown: Digest


class Shown(Schema):
    """What the preview of the directory has shown."""

    model_config = ConfigDict(extra="forbid")

    shown: Digest


class FaultyRow(Schema):
    """A row that cannot be taken, and why, in the language that the program accepts."""

    line: int
    sentence: str


class Difference(Schema):
    """A column that changes."""

    column: str
    before: str
    after: str


class PlannedRow(Schema):
    """What one row would do."""

    name: str
    added: bool
    differences: list[Difference]


class ImportPreview(Schema):
    """What an import would do. With a faulty row nothing can be imported."""

    added: int
    changed: int
    unchanged: int
    faulty: int
    faults: list[FaultyRow]
    """The first of the faulty rows."""
    rows: list[PlannedRow]
    """The first rows that do something."""
    shown: Digest


class DirectoryPreview(ImportPreview):
    """The same of the office's own directory."""

    absent: list[str]
    """Sign-in names of users who are not in it; an import leaves them as they are."""


class JobRow(Schema):
    """Long work: `waiting`, `running`, then `done`, `refused`, `failed` or `cancelled`."""

    id: str
    kind: str
    subject: str
    state: str
    done: int
    total: int
    result: dict[str, Any]
    """How many were `added` and `changed`, or the `code` of a refusal."""
    asked_by: str
    asked_ms: int
    ended_ms: int | None
