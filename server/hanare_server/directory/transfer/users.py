"""Plans an import of users: what each row would add, change or leave, and every row that has a fault. All or nothing.

A row is a user by sign-in name. Columns are known by their names in Japanese or English, in any order; a column that is
missing keeps what is there. Departments are named as people name them. Nothing is ever deleted: who is not in the
file stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import Department, User
from hanare_server.directory.pages.forms import end_of_day_ms

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("利用者名", "サインイン名", "sign-in name", "name"),
    "full_name": ("氏名", "full name"),
    "department": ("部署", "department"),
    "permitted_until": ("在宅勤務の期限", "permitted until"),
}
"""Names by which a file may call each column; the first one in a language is the one that an export writes."""

FAULTS_SHOWN: Final = 200

NAME_CHARACTERS: Final = 64
FULL_NAME_CHARACTERS: Final = 200


class Fault(NamedTuple):
    """A row that cannot be taken."""

    line: int
    sentence: str


class Step(NamedTuple):
    """What one row does: the user as it will be, and old and new values by column; `added` for a new user."""

    user: User
    differences: Mapping[str, tuple[str, str]]
    added: bool


@dataclass
class Plan:
    """What an import would do."""

    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many users are new."""
        return sum(step.added for step in self.steps)

    @property
    def changed(self) -> int:
        """How many users change."""
        return len(self.steps) - self.added


def plan(account: Administrator, rows: Sequence[Sequence[str]]) -> Plan:
    """Return what the rows (the first names the columns) would do to the users that the account may edit."""
    made = Plan()
    columns = _columns(rows[0] if rows else [], made)
    if not made.faults:
        reader = _Reader(account, columns, made)
        for number, row in enumerate(rows[1:], 2):
            if any(row):
                reader.take(number, row)
    return made


def carry_out(opened: OpenAct, made: Plan) -> None:
    """Write a plan without faults inside an act."""
    User.objects.bulk_create([step.user for step in made.steps if step.added], batch_size=500)
    changed = [step.user for step in made.steps if not step.added]
    fields = ["full_name", "department", "permitted_until_ms"]
    User.objects.bulk_update(changed, fields, batch_size=200)
    for step in made.steps:
        detail = {name: f"{before} → {after}" for name, (before, after) in step.differences.items()}
        opened.write(Act.ADDED if step.added else Act.CHANGED, Thing("user", step.user.pk), detail)


def exported(found: QuerySet[User], *, japanese: bool) -> Iterator[list[str]]:
    """Give the rows of a file that `plan` takes again: the columns' names, then a row a user."""
    place = 0 if japanese else -1
    yield [spellings[place] for spellings in COLUMNS.values()]
    for user in found:
        until, zone = user.permitted_until_ms, ZoneInfo(user.organisation.time_zone)
        day = datetime.fromtimestamp(until / 1000 - 1, zone).date().isoformat() if until else ""
        yield [user.name, user.full_name, user.department.name, day]


def _columns(head: Sequence[str], made: Plan) -> dict[str, int]:
    known = {spelling.casefold(): name for name, spellings in COLUMNS.items() for spelling in spellings}
    found: dict[str, int] = {}
    for place, title in enumerate(head):
        name = known.get(title.strip().casefold())
        if name is None:
            made.faults.append(Fault(1, gettext("The column “{column}” is not known.").format(column=title[:40])))
        elif name in found:
            made.faults.append(Fault(1, gettext("The column “{column}” is there twice.").format(column=title)))
        else:
            found[name] = place
    if "name" not in found:
        made.faults.append(Fault(1, gettext("The column for the sign-in name is missing.")))
    return found


class _Reader:
    """Takes row after row; what may be looked up is read once before."""

    def __init__(self, account: Administrator, columns: Mapping[str, int], made: Plan) -> None:
        self._account = account
        self._columns = columns
        self._plan = made
        self._zone = ZoneInfo(account.here.time_zone)
        self._departments: dict[str, list[Department]] = {}
        for department in scope.rows(account, Department):
            self._departments.setdefault(department.name, []).append(department)
        users = User.objects.filter(organisation=account.here).select_related("department")
        self._users = {user.name_key: user for user in users}
        self._editable = set(scope.rows(account, User).values_list("pk", flat=True))
        self._seen: dict[str, int] = {}

    def take(self, line: int, row: Sequence[str]) -> None:
        """Plan one row, or note its fault."""
        try:
            self._plan_row(line, {name: row[place] for name, place in self._columns.items() if place < len(row)})
        except _FaultyError as fault:
            self._plan.faults.append(Fault(line, str(fault)))

    def _plan_row(self, line: int, cells: dict[str, str]) -> None:
        key = self._key(line, cells.get("name", ""))
        present = self._users.get(key)
        if present is None:
            user = self._new(key, cells)
            self._plan.steps.append(Step(user, {"department": ("", user.department.name)}, added=True))
            return
        if present.pk not in self._editable or present.state == User.State.GONE:
            raise _FaultyError(gettext("This user has left or belongs to another department of yours to edit."))
        differences = self._apply(present, cells)
        if differences:
            self._plan.steps.append(Step(present, differences, added=False))
        else:
            self._plan.unchanged += 1

    def _key(self, line: int, name: str) -> str:
        try:
            key = names.normalise(name)
        except Problem as problem:
            raise _FaultyError(
                gettext("The sign-in name is missing or has characters that cannot be used.")
            ) from problem
        if len(name) > NAME_CHARACTERS:
            raise _FaultyError(gettext("The sign-in name is longer than 64 characters."))
        if key in self._seen:
            text = gettext("The sign-in name “{name}” is also in line {line}.")
            raise _FaultyError(text.format(name=name, line=self._seen[key]))
        self._seen[key] = line
        return key

    def _new(self, key: str, cells: Mapping[str, str]) -> User:
        if not cells.get("department"):
            raise _FaultyError(gettext("A new user needs a department."))
        user = User(id=identifiers.new("usr"), organisation=self._account.here, name=cells["name"], name_key=key)
        self._apply(user, cells, new=True)
        return user

    def _apply(self, user: User, cells: Mapping[str, str], *, new: bool = False) -> dict[str, tuple[str, str]]:
        """Set the user's fields; return old and new values of those that change."""
        before = self._values(user, new=new)
        if "full_name" in cells:
            user.full_name = self._full_name(cells["full_name"])
        if cells.get("department"):
            user.department = self._department(cells["department"])
        if "permitted_until" in cells:
            user.permitted_until_ms = end_of_day_ms(_day(cells["permitted_until"]), self._zone)
        after = self._values(user, new=False)
        return {name: (before[name], value) for name, value in after.items() if before[name] != value}

    def _values(self, user: User, *, new: bool) -> dict[str, str]:
        until = user.permitted_until_ms
        day = datetime.fromtimestamp(until / 1000 - 1, self._zone).date().isoformat() if until else ""
        department = "" if new else user.department.name
        return {"full_name": user.full_name, "department": department, "permitted_until": day}

    def _full_name(self, text: str) -> str:
        if len(text) > FULL_NAME_CHARACTERS:
            raise _FaultyError(gettext("The full name is longer than 200 characters."))
        try:
            return names.check_text(text, path="full_name")
        except Problem as problem:
            raise _FaultyError(gettext("The full name has characters that cannot be used.")) from problem

    def _department(self, name: str) -> Department:
        found = self._departments.get(name, [])
        if not found:
            raise _FaultyError(gettext("There is no department “{name}”.").format(name=name[:40]))
        if len(found) > 1:
            raise _FaultyError(gettext("There are several departments “{name}”.").format(name=name[:40]))
        return found[0]


class _FaultyError(Exception):
    """A row's fault, in the reader's language."""


def _day(text: str) -> date | None:
    if not text:
        return None
    parts = text.replace("/", "-").replace(".", "-").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError as error:
        raise _FaultyError(gettext("“{text}” is no day; write 2026-04-01.").format(text=text[:20])) from error
