"""The oldest image that a stick's profiles allow, as the database computes it for many sticks at once.

The nearest profile that sets it wins, as `resolve` says of one stick: its department's, else the organisation's. To
count older sticks the floor is computed once a department: settings are JSON, and reading that a stick each is dear.
"""

from typing import Any

from django.db.models import Aggregate, BigIntegerField, Count, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Department, Stick


def image_floor() -> Coalesce:
    """Return the expression for rows of sticks."""
    return Coalesce(_of("department__profile"), _of("organisation__profile"), Value(0))


def older_sticks(account: Administrator) -> list[tuple[QuerySet[Any], Aggregate]]:
    """Return what counts the active sticks with an older image: of departments, and of none; the sum is what counts."""
    active = Stick.objects.filter(state=Stick.State.ACTIVE).order_by()
    here = active.filter(organisation=OuterRef("organisation"), department=OuterRef("pk"), image__lt=OuterRef("floor"))
    number = Subquery(
        here.values("department").annotate(number=Count("pk")).values("number"), output_field=IntegerField()
    )
    floor = Coalesce(_of("profile"), _of("organisation__profile"), Value(0))
    departments = scope.rows(account, Department).annotate(floor=floor).annotate(older=number)
    unassigned = scope.rows(account, Stick).filter(
        department=None, state=Stick.State.ACTIVE, image__lt=Coalesce(_of("organisation__profile"), Value(0))
    )
    return [(departments, Sum("older")), (unassigned, Count("pk"))]


def _of(profile: str) -> Cast:
    return Cast(KeyTextTransform("image_floor", f"{profile}__settings"), BigIntegerField())
