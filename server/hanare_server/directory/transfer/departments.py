"""Departments by CSV: a row is a department by its name; and how the other kinds find one by the name people use."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext

from hanare_server import identifiers
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Department
from hanare_server.directory.transfer.plan import Columns, FaultyError, Reader, Step


class Departments:
    """The departments that the account sees, by name."""

    def __init__(self, account: Administrator) -> None:
        self._named: dict[str, list[Department]] = {}
        for department in scope.rows(account, Department):
            self._named.setdefault(department.name, []).append(department)

    def named(self, name: str) -> Department:
        """Return the one department of that name; raises FaultyError for none or several."""
        found = self._named.get(name, [])
        if not found:
            raise FaultyError(gettext("There is no department “{name}”.").format(name=name[:40]))
        if len(found) > 1:
            raise FaultyError(gettext("There are several departments “{name}”.").format(name=name[:40]))
        return found[0]

    def has(self, name: str) -> bool:
        """Return whether there is one already."""
        return name in self._named


class DepartmentReader(Reader):
    """Reads departments: there is nothing to change of one but its name, which is its key."""

    thing = "department"
    key = "name"
    fields = ("name",)
    longest: ClassVar = {"name": 200}
    columns: ClassVar[Columns] = {"name": ("部署", "部署名", "department")}

    def __init__(self, account: Administrator) -> None:
        super().__init__(account)
        self._departments = Departments(account)

    def read(self, line: int, cells: Mapping[str, str]) -> Step:
        """Return what the row does to a department."""
        name = self.text(cells, "name")
        if not name:
            raise FaultyError(gettext("The name is missing."))
        self.once(line, name, name)
        if self._departments.has(name):
            return Step(self._departments.named(name), {}, added=False)
        row = Department(id=identifiers.new("dep"), organisation=self.account.here, name=name)
        return Step(row, {"name": ("", name)}, added=True)


def exported(found: QuerySet[Department]) -> Iterator[list[str]]:
    """Give the rows of a file."""
    for row in found:
        yield [row.name]
