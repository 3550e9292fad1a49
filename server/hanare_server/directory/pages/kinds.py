"""The kinds of things that the directory has pages for: one line of this table a kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.access import in_use
from hanare_server.console import scope
from hanare_server.console.lists import Bulk, Table
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Gateway, Loan, OfficePC, Stick, User
from hanare_server.directory.pages import tables
from hanare_server.directory.pages.forms import DepartmentForm, OfficePCForm, StickForm, ThingForm, UserForm
from hanare_server.profiles.floor import image_floor

Rows = Callable[[Administrator], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind: its plural word in addresses, its word in the audit log, how it is listed and edited."""

    word: str
    thing: str
    title: Promise
    lead: Promise
    new: Promise | None
    """Label of the button that adds one; None: it is made elsewhere."""
    empty: Promise
    rows: Rows
    table: Table
    form: type[ThingForm] | None
    read: Permission = Permission.DIRECTORY_READ
    bulk: tuple[Bulk, ...] = ()
    by_csv: bool = True
    """Whether it comes and goes by CSV (`hanare_server.directory.transfer.kinds`)."""


MOVE: Final = Bulk("move", gettext_lazy("Move to another department…"))
SUSPEND: Final = Bulk("suspend", gettext_lazy("Suspend…"), "outline-danger")
RESUME: Final = Bulk("resume", gettext_lazy("Resume…"))
LEAVE: Final = Bulk("leave", gettext_lazy("Mark as left…"), "outline-danger")
COME_BACK: Final = Bulk("come-back", gettext_lazy("Bring back…"))


def _departments(account: Administrator) -> QuerySet[Any]:
    users = _count_of(User.objects.exclude(state=User.State.GONE))
    return scope.rows(account, Department).annotate(users=users, sticks=_count_of(Stick.objects.all()))


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    """Count the rows of a department in a sub-query: joining users and sticks would multiply them."""
    mine = rows.filter(department=OuterRef("pk")).order_by().values("department")
    counted = mine.annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _users(account: Administrator) -> QuerySet[Any]:
    return scope.rows(account, User).select_related("department", "office_pc")


def _sticks(account: Administrator) -> QuerySet[Any]:
    named = Coalesce(NullIf(F("user__full_name"), Value("")), F("user__name"))
    holder = Loan.objects.filter(stick=OuterRef("pk"), returned_ms=None).annotate(named=named).values("named")[:1]
    return (
        scope.rows(account, Stick).select_related("department").annotate(holder=Subquery(holder), floor=image_floor())
    )


def _office_pcs(account: Administrator) -> QuerySet[Any]:
    return scope.rows(account, OfficePC).select_related("user")


def _gateways(account: Administrator) -> QuerySet[Any]:
    now = in_use.of(account.here.pk)
    counts = [When(pk=name, then=Value(number)) for name, number in now.sessions.items()]
    return scope.rows(account, Gateway).annotate(
        in_touch=Case(When(pk__in=now.in_touch, then=Value(True)), default=Value(False)),
        sessions=Case(*counts, default=Value(0), output_field=IntegerField()),
    )


KINDS: Final = (
    Kind(
        word="departments",
        thing="department",
        title=gettext_lazy("Departments"),
        lead=gettext_lazy("Every user and every shared stick belongs to one department."),
        new=gettext_lazy("Add a department"),
        empty=gettext_lazy("There is no department yet."),
        rows=_departments,
        table=tables.DEPARTMENTS,
        form=DepartmentForm,
    ),
    Kind(
        word="users",
        thing="user",
        title=gettext_lazy("Users"),
        lead=gettext_lazy("Who may work from home. Many are added and changed at once by CSV."),
        new=gettext_lazy("Add a user"),
        empty=gettext_lazy("There is no user yet. Add one, or import a CSV file."),
        rows=_users,
        table=tables.USERS,
        form=UserForm,
        bulk=(MOVE, SUSPEND, RESUME, LEAVE, COME_BACK),
    ),
    Kind(
        word="sticks",
        thing="stick",
        title=gettext_lazy("Sticks"),
        lead=gettext_lazy("Sticks are written and registered at the kitting station."),
        new=None,
        empty=gettext_lazy("No stick is registered yet."),
        rows=_sticks,
        table=tables.STICKS,
        form=StickForm,
        bulk=(MOVE, SUSPEND, RESUME),
    ),
    Kind(
        word="office-pcs",
        thing="office-pc",
        title=gettext_lazy("Office PCs"),
        lead=gettext_lazy("Each user reaches their own office PC and no other."),
        new=gettext_lazy("Add an office PC"),
        empty=gettext_lazy("There is no office PC yet."),
        rows=_office_pcs,
        table=tables.OFFICE_PCS,
        form=OfficePCForm,
    ),
    Kind(
        word="gateways",
        thing="gateway",
        title=gettext_lazy("Gateways"),
        lead=gettext_lazy("Gateways are added on the server's command line; their keys never pass through a browser."),
        new=None,
        empty=gettext_lazy("There is no gateway yet."),
        rows=_gateways,
        table=tables.GATEWAYS,
        form=None,
        by_csv=False,
        read=Permission.GATEWAYS_READ,
    ),
)
"""Every kind, in the order of the menu."""
