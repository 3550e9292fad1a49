"""How console accounts are listed and shown."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.console import addresses, scope
from hanare_server.console.cells import Cell
from hanare_server.console.lists import Column, Filter, Table
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.console.sign_in import FACTORS, has_factor
from hanare_server.console.templatetags.hanare import day_and_time


def rows(account: Administrator) -> QuerySet[Any]:
    """Return the accounts with what the list shows; two queries with their departments."""
    proven = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    found = scope.rows(account, Administrator).annotate(proven=Exists(proven))
    return found.prefetch_related("departments")


def facts(row: Administrator) -> list[tuple[str | Promise, Cell]]:
    """Return the account's values with their labels."""
    return [
        (gettext_lazy("Standing"), _standing(row)),
        (gettext_lazy("Role"), Cell(row.get_role_display())),
        (gettext_lazy("Departments"), _departments(row)),
        (gettext_lazy("Staff number"), Cell(row.person or "–")),
        (gettext_lazy("Mail address"), Cell(row.mail or "–")),
        (gettext_lazy("Second factor"), _factor(proven=has_factor(row))),
        (gettext_lazy("First password good until"), Cell(day_and_time(row.first_password_until_ms) or "–")),
        (gettext_lazy("Identifier"), Cell(row.pk)),
    ]


def _name(row: Administrator) -> Cell:
    return Cell(row.name, addresses.of("administrators:administrators-one", row.pk), note=row.person)


def _departments(row: Administrator) -> Cell:
    if row.role != Role.CONTACT:
        return Cell(gettext_lazy("all"))
    return Cell("、".join(department.name for department in row.departments.all()) or "–")


def _factor(*, proven: bool) -> Cell:
    return Cell(gettext_lazy("set")) if proven else Cell(gettext_lazy("not set"), tone="yellow")


def _standing(row: Administrator) -> Cell:
    return Cell(gettext_lazy("Active"), tone="green") if row.is_active else Cell(gettext_lazy("Closed"))


ACCOUNTS: Final = Table(
    columns=(
        Column("name", gettext_lazy("Account"), _name, ("name",)),
        Column("role", gettext_lazy("Role"), lambda row: row.get_role_display(), ("role",)),
        Column("departments", gettext_lazy("Departments"), _departments),
        Column("factor", gettext_lazy("Second factor"), lambda row: _factor(proven=row.proven), ("proven",)),
        Column("state", gettext_lazy("Standing"), _standing, ("is_active",)),
    ),
    order=("-is_active", "name"),
    search=("name", "person", "mail"),
    filters=(
        Filter(
            "role",
            gettext_lazy("Role"),
            lambda _account: [(role.value, role.label) for role in Role],
            lambda value: Q(role=value),
        ),
    ),
)
