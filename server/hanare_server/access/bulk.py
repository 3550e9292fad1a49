"""How many are many: an act on more than max(5, 10 %) of sticks or users takes a second person."""

from collections.abc import Sequence
from typing import Final

from django.db.models import QuerySet

from hanare_server.directory.models import Stick, User
from hanare_server.lending.models import LostStick

FEW: Final = 5
"""What one person may always do at once, in a small office too."""

SHARE: Final = 10
"""One in so many is the largest share that one person may do at once (10 %)."""

_ONE_BY_ONE: Final = frozenset({"stick", "user"})
"""Kinds of which each is one; a department is as many as it has people."""


def is_many(organisation: str, kind: str, identifiers: Sequence[str]) -> bool:
    """Return whether these are more than one person may resume, or stop for good, alone."""
    if kind in _ONE_BY_ONE and len(identifiers) <= FEW:
        return False  # and nothing is counted
    users = User.objects.filter(organisation=organisation).exclude(state=User.State.GONE)
    everybody: QuerySet[Stick] | QuerySet[User] = users
    concerned = len(identifiers)
    if kind == "stick":
        everybody = Stick.objects.filter(organisation=organisation).exclude(state__in=Stick.RETIRED)
    elif kind == "department":
        concerned = users.filter(department__in=identifiers).count()
    elif kind == "organisation":
        concerned = users.count() if identifiers else 0
    # Counted only as far as it matters: an office of ten thousand is not for ten of them.
    return concerned > FEW and everybody[: concerned * SHARE].count() < concerned * SHARE


def guarded_sticks(organisation: str, identifiers: Sequence[str]) -> set[str]:
    """Return those of the sticks that are lost, or of which a copy has shown itself: nobody resumes them alone.

    A quarantine is remembered by the generation that showed itself, even when the stick was suspended since.
    """
    here = Stick.objects.filter(organisation=organisation, pk__in=identifiers)
    lost = LostStick.objects.filter(organisation=organisation, stick__in=identifiers, found_ms=None)
    copied = here.filter(state=Stick.State.QUARANTINED) | here.exclude(stale_shown=None)
    return {*lost.values_list("stick", flat=True), *copied.values_list("pk", flat=True)}
