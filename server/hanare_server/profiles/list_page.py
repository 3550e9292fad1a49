"""The list of profiles, with who lives by each."""

from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from hanare_server.console import addresses, lists, scope
from hanare_server.console.cells import Cell
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Profile, User
from hanare_server.profiles.labels import said
from hanare_server.profiles.ready_made import READY_MADE


@permitted(Permission.SETTINGS_READ)
@require_safe
def profiles(request: HttpRequest) -> HttpResponse:
    """List the profiles with who lives by them."""
    account = administrator(request)
    listing = lists.listing(request, account, _TABLE, _counted(account))
    context = {
        "heading": gettext("Settings"),
        "lead": gettext("A profile holds settings; organisation, department and user inherit from one to the next."),
        "listing": listing,
        "empty": gettext("There is no profile yet."),
        "here": account.here.pk,
        "ready_made": [(standard.value, name) for standard, (name, _) in READY_MADE.items()],
    }
    return render(request, "profiles/list.html", context)


def _counted(account: Administrator) -> QuerySet[Profile]:
    """Count per profile in sub-queries: joining both would multiply them."""
    rows = scope.rows(account, Profile).select_related("organisation")
    departments = Department.objects.filter(organisation=account.here, profile__isnull=False).values("profile")
    users = User.objects.filter(organisation=account.here, profile__isnull=False).values("profile")
    return rows.annotate(
        departments_count=_count(departments),
        users_count=_count(users),
    )


def _count(rows: QuerySet[Any]) -> Any:
    return Subquery(rows.filter(profile=OuterRef("pk")).annotate(number=Count("pk")).values("number"))


def _holders(row: Any) -> str:
    parts = []
    if row.organisation.profile_id == row.pk:
        parts.append(gettext("organisation"))
    if row.departments_count:
        parts.append(gettext("%(count)s departments") % {"count": row.departments_count})
    if row.users_count:
        parts.append(gettext("%(count)s users") % {"count": row.users_count})
    return ", ".join(parts) or gettext("nobody")


_TABLE: Final = lists.Table(
    columns=(
        lists.Column(
            "name",
            gettext_lazy("Profile"),
            lambda row: Cell(row.name, addresses.of("profiles:profiles-one", row.pk)),
            ("name",),
        ),
        lists.Column(
            "standard",
            gettext_lazy("Standard to keep"),
            lambda row: said("standard", row.settings.get("standard", "none")),
        ),
        lists.Column("holders", gettext_lazy("In use by"), _holders),
        lists.Column("fields", gettext_lazy("Fields set"), lambda row: str(len(row.settings))),
        lists.Column("version", gettext_lazy("Version"), lambda row: str(row.version), ("version",)),
    ),
    order=("name", "pk"),
    search=("name",),
)
