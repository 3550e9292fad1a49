"""Users by CSV: a row is a user by sign-in name; departments are named as people name them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import User
from hanare_server.directory.pages.forms import end_of_day_ms
from hanare_server.directory.transfer.departments import Departments
from hanare_server.directory.transfer.plan import Columns, FaultyError, Reader, Step, differences

NO_END: Final = frozenset({"なし", "期限なし", "none"})
"""What a cell says to take an end away. An empty cell leaves the end as it is: forgetting a day must loosen nothing."""


class UserReader(Reader):
    """Reads users."""

    thing = "user"
    key = "name"
    fields = ("full_name", "department", "permitted_until_ms")
    longest: ClassVar = {"name": 64, "full_name": 200}
    columns: ClassVar[Columns] = {
        "name": ("利用者名", "サインイン名", "sign-in name", "name"),
        "full_name": ("氏名", "full name"),
        "department": ("部署", "department"),
        "permitted_until": ("テレワークの期限", "may work from home until"),
    }

    def __init__(self, account: Administrator) -> None:
        super().__init__(account)
        self._zone = ZoneInfo(account.here.time_zone)
        self._departments = Departments(account)
        users = User.objects.filter(organisation=account.here).select_related("department")
        self._users = {user.name_key: user for user in users}
        self._editable = set(scope.rows(account, User).values_list("pk", flat=True))

    def read(self, line: int, cells: Mapping[str, str]) -> Step:
        """Return what the row does to a user."""
        key = self._key(line, cells)
        present = self._users.get(key)
        if present is None:
            user = self._new(key, cells)
            return Step(user, {"department": ("", user.department.name)}, added=True)
        if present.pk not in self._editable or present.state == User.State.GONE:
            raise FaultyError(gettext("This user has left, or belongs to a department that you may not edit."))
        before = self._values(present)
        self._apply(present, cells)
        return Step(present, differences(before, self._values(present)), added=False)

    def _key(self, line: int, cells: Mapping[str, str]) -> str:
        try:
            key = names.normalise(cells.get("name", ""))
        except Problem as problem:
            raise FaultyError(gettext("The user name is missing or has characters that cannot be used.")) from problem
        self.once(line, key, self.text(cells, "name"))
        return key

    def _new(self, key: str, cells: Mapping[str, str]) -> User:
        if not cells.get("department"):
            raise FaultyError(gettext("A new user needs a department."))
        user = User(id=identifiers.new("usr"), organisation=self.account.here, name=cells["name"], name_key=key)
        self._apply(user, cells)
        return user

    def _apply(self, user: User, cells: Mapping[str, str]) -> None:
        if "full_name" in cells:
            user.full_name = self.text(cells, "full_name")
        if cells.get("department"):
            user.department = self._departments.named(cells["department"])
        if cells.get("permitted_until"):
            user.permitted_until_ms = end_of_day_ms(_day(cells["permitted_until"]), self._zone)

    def _values(self, user: User) -> dict[str, str]:
        return {
            "full_name": user.full_name,
            "department": user.department.name,
            "permitted_until": _last_day(user.permitted_until_ms, self._zone),
        }


def exported(found: QuerySet[User]) -> Iterator[list[str]]:
    """Give the rows of a file that the import takes again, without the columns' names."""
    for user in found.select_related("department", "organisation"):
        zone = ZoneInfo(user.organisation.time_zone)
        yield [user.name, user.full_name, user.department.name, _last_day(user.permitted_until_ms, zone)]


def _last_day(until_ms: int | None, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(until_ms / 1000 - 1, zone).date().isoformat() if until_ms else ""


def _day(text: str) -> date | None:
    if text.casefold() in NO_END:
        return None
    parts = text.replace("/", "-").replace(".", "-").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError as error:
        raise FaultyError(gettext("“{text}” is no day; write 2026-04-01.").format(text=text[:20])) from error
