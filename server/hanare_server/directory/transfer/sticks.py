"""Sticks by CSV: a row is a stick by its identifier; label and department change, kitting alone adds one."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext

from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Stick
from hanare_server.directory.transfer.departments import Departments
from hanare_server.directory.transfer.plan import Columns, FaultyError, Reader, Step, differences


class StickReader(Reader):
    """Reads sticks."""

    thing = "stick"
    key = "id"
    fields = ("label", "department")
    longest: ClassVar = {"id": 64, "label": 200}
    columns: ClassVar[Columns] = {
        "id": ("識別子", "identifier"),
        "label": ("ラベル", "label"),
        "department": ("部署", "department"),
    }

    def __init__(self, account: Administrator) -> None:
        super().__init__(account)
        self._departments = Departments(account)
        self._sticks = {row.pk: row for row in scope.rows(account, Stick).select_related("department")}

    def read(self, line: int, cells: Mapping[str, str]) -> Step:
        """Return what the row does to a stick."""
        key = self.text(cells, "id")
        row = self._sticks.get(key)
        if row is None:
            raise FaultyError(gettext("There is no stick “{name}”; sticks are added by kitting.").format(name=key[:40]))
        self.once(line, key, key)
        before = _values(row)
        if "label" in cells:
            row.label = self.text(cells, "label")
        if cells.get("department"):
            row.department = self._departments.named(cells["department"])
        return Step(row, differences(before, _values(row)), added=False)


def exported(found: QuerySet[Stick]) -> Iterator[list[str]]:
    """Give the rows of a file."""
    for row in found.select_related("department"):
        yield [row.pk, *_values(row).values()]


def _values(row: Stick) -> dict[str, str]:
    return {"label": row.label, "department": row.department.name if row.department else ""}
