"""What needs somebody's attention today: one line a matter, with how many there are and where they stand."""

from typing import NamedTuple

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.clock import now_ms
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Loan, Stick


class Matter(NamedTuple):
    """Something that somebody should look at."""

    title: Promise
    number: int
    address: str


def of(account: Administrator) -> list[Matter]:
    """Return the matters of which there are any; two queries."""
    overdue = scope.rows(account, Loan).filter(returned_ms=None, due_ms__lt=now_ms()).count()
    states = {state: Count("pk", filter=Q(state=state)) for state in (Stick.State.QUARANTINED, Stick.State.LOCKED)}
    counted = scope.rows(account, Stick).aggregate(**states)
    ledger, sticks = reverse("lending:ledger"), reverse("directory:sticks")
    found = [
        Matter(gettext_lazy("Overdue sticks"), overdue, f"{ledger}?where=overdue"),
        Matter(gettext_lazy("Sticks in quarantine"), counted["quarantined"], f"{sticks}?state=quarantined"),
        Matter(gettext_lazy("Locked sticks"), counted["locked"], f"{sticks}?state=locked"),
    ]
    return [matter for matter in found if matter.number]
