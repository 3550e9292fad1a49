"""The organisations that a provider may look at, and the step into one, which that organisation's own log tells."""

from typing import Any, Final

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Thing
from hanare_server.console import addresses, lists, scope
from hanare_server.console.cells import Button, Cell
from hanare_server.console.guard import HERE, administrator, permitted
from hanare_server.console.lists import Column, Table
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Organisation, Stick
from hanare_server.directory.pages.change import actor


@permitted(Permission.ORGANISATIONS_READ)
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """List every organisation with what is going on there."""
    account = administrator(request)
    context = {
        "heading": gettext("Organisations"),
        "lead": gettext("Choose whose pages you look at. The organisation sees in its audit log that you came."),
        "listing": lists.listing(request, account, _TABLE, _rows(account)),
        "empty": gettext("There is no organisation yet."),
    }
    return render(request, "console/list.html", context)


@permitted(Permission.ORGANISATIONS_READ)
@require_POST
def visit(request: HttpRequest, identifier: str) -> HttpResponse:
    """Look at this organisation's pages from now on."""
    account = administrator(request)
    found = scope.organisations(account).filter(pk=identifier.replace("\0", "")).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    if found.pk != account.organisation_id:
        with act(found.pk, actor(account)) as opened:
            opened.write(Act.PROVIDER_CAME, Thing("organisation", found.pk), {"name": account.name})
    request.session[HERE] = found.pk
    return redirect("console:live")


def _rows(account: Administrator) -> QuerySet[Any]:
    sessions = Session.objects.filter(organisation=OuterRef("pk"), state=Session.State.OPEN)
    sticks = Stick.objects.filter(organisation=OuterRef("pk"))
    return scope.organisations(account).annotate(in_use=_count(sessions), sticks=_count(sticks))


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("organisation").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _standing(row: Organisation) -> Cell:
    on = row.state == Organisation.State.ON
    return Cell(gettext_lazy("Active"), tone="green") if on else Cell(gettext_lazy("Suspended"), tone="red")


def _visit(row: Organisation) -> Cell:
    address = addresses.of("administrators:organisations-visit", row.pk)
    return Cell("", buttons=(Button(gettext_lazy("Look at it"), address),))


_TABLE: Final = Table(
    columns=(
        Column("name", gettext_lazy("Organisation"), lambda row: Cell(row.name, note=row.pk), ("name",)),
        Column("in_use", gettext_lazy("In use now"), lambda row: str(row.in_use), ("in_use",)),
        Column("sticks", gettext_lazy("Sticks"), lambda row: str(row.sticks), ("sticks",)),
        Column("state", gettext_lazy("Standing"), _standing, ("state",)),
        Column("visit", "", _visit),
    ),
    order=("name", "pk"),
    search=("name", "pk"),
)
