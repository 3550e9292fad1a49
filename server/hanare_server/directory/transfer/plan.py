"""Plans an import of one kind: what each row would add, change or leave, and every faulty row. All or nothing.

A row is a thing by its key, such as a user by sign-in name. Columns are known by their names in Japanese or English, in
any order; a column that is missing keeps what is there. Nothing is ever deleted: what is not in the file stays. The
kinds say what a row is (`Reader`), this module does the rest.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

from django.db.models import Model
from django.utils.translation import gettext

from hanare_core.problems import Problem
from hanare_server.access import reassigned
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import Stick

FAULTS_SHOWN: Final = 200

Columns = Mapping[str, tuple[str, ...]]
"""For each column the names by which a file may call it; the first and the last are those that an export writes."""


class FaultyError(Exception):
    """A row's fault, in the reader's language."""


class Fault(NamedTuple):
    """A row that cannot be taken."""

    line: int
    sentence: str


class Step(NamedTuple):
    """What one row does: the thing as it will be, and old and new values by column; `added` for a new one."""

    row: Any
    differences: Mapping[str, tuple[str, str]]
    added: bool


@dataclass
class Plan:
    """What an import would do."""

    reader: "Reader"
    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many things are new."""
        return sum(step.added for step in self.steps)

    @property
    def changed(self) -> int:
        """How many things change."""
        return len(self.steps) - self.added


class Reader(ABC):
    """Takes row after row of one kind; what may be looked up is read once before."""

    thing: ClassVar[str]
    """The kind's word in the audit log."""
    columns: ClassVar[Columns]
    key: ClassVar[str]
    """The column without which a row is nothing."""
    fields: ClassVar[tuple[str, ...]]
    """What an import writes of a thing that is there."""
    longest: ClassVar[Mapping[str, int]]
    """Characters of each column of text."""

    def __init__(self, account: Administrator) -> None:
        self.account = account
        self._seen: dict[str, int] = {}

    @abstractmethod
    def read(self, line: int, cells: Mapping[str, str]) -> Step:
        """Return what the row does; raises FaultyError. The line is for telling where a key was before."""

    def text(self, cells: Mapping[str, str], name: str) -> str:
        """Return a cell of text within its bound and of characters that people read; raises FaultyError."""
        text = cells.get(name, "")
        if len(text) > self.longest[name]:
            sentence = gettext("“{text}…” is longer than {longest} characters.")
            raise FaultyError(sentence.format(text=text[:20], longest=self.longest[name]))
        try:
            return names.check_text(text, path=name)
        except Problem as problem:
            sentence = gettext("“{text}” has characters that cannot be used.")
            raise FaultyError(sentence.format(text=text[:20])) from problem

    def once(self, line: int, key: str, shown: str) -> None:
        """Raise FaultyError for a key that an earlier line has."""
        if key in self._seen:
            sentence = gettext("“{name}” is also in line {line}.")
            raise FaultyError(sentence.format(name=shown, line=self._seen[key]))
        self._seen[key] = line


def plan(
    reader: Reader, rows: Sequence[Sequence[str]], tell: Callable[[int, int], None] = lambda _done, _total: None
) -> Plan:
    """Return what the rows (the first names the columns) would do; `tell` hears how many of how many are read."""
    made = Plan(reader)
    columns = _columns(reader, rows[0] if rows else [], made)
    if not made.faults:
        for number, row in enumerate(rows[1:], 2):
            tell(number - 1, len(rows) - 1)
            if any(row):
                _take(reader, made, number, {name: row[at] for name, at in columns.items() if at < len(row)})
    return made


def carry_out(opened: OpenAct, made: Plan) -> None:
    """Write a plan without faults inside an act."""
    model: type[Model] | None = type(made.steps[0].row) if made.steps else None
    if model is None:
        return
    manager = model._default_manager  # noqa: SLF001 Django's name
    manager.bulk_create([step.row for step in made.steps if step.added], batch_size=500)
    changed = [step.row for step in made.steps if not step.added]
    if issubclass(model, Stick):
        for row in changed:
            opened.touch(row)
    else:
        manager.bulk_update(changed, list(made.reader.fields), batch_size=200)
    for step in made.steps:
        detail = {name: f"{before} → {after}" for name, (before, after) in step.differences.items()}
        opened.write(Act.ADDED if step.added else Act.CHANGED, Thing(made.reader.thing, step.row.pk), detail)
    reassigned.end_changed(opened, [step.row for step in made.steps])


def digest(made: Plan) -> str:
    """Return what binds a confirmation to what was shown; new identifiers are random and do not count."""
    seen = [
        (str(step.row), step.added, sorted(step.differences.items()), _written(made.reader, step.row))
        for step in made.steps
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return old and new values of the columns that change."""
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _written(reader: Reader, row: object) -> list[str]:
    return [str(getattr(row, name)) for name in reader.fields]


def _take(reader: Reader, made: Plan, line: int, cells: Mapping[str, str]) -> None:
    try:
        step = reader.read(line, cells)
    except FaultyError as fault:
        made.faults.append(Fault(line, str(fault)))
        return
    if step.differences or step.added:
        made.steps.append(step)
    else:
        made.unchanged += 1


def _columns(reader: Reader, head: Sequence[str], made: Plan) -> dict[str, int]:
    known = {spelling.casefold(): name for name, spellings in reader.columns.items() for spelling in spellings}
    found: dict[str, int] = {}
    for place, title in enumerate(head):
        name = known.get(title.strip().casefold())
        if name is None:
            made.faults.append(Fault(1, gettext("The column “{column}” is not known.").format(column=title[:40])))
        elif name in found:
            made.faults.append(Fault(1, gettext("The column “{column}” is there twice.").format(column=title)))
        else:
            found[name] = place
    if reader.key not in found:
        missing = gettext("The column “{column}” is missing.").format(column=reader.columns[reader.key][0])
        made.faults.append(Fault(1, missing))
    return found
