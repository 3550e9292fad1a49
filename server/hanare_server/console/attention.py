"""What needs somebody's attention today: one line a matter, with how many there are and where they stand."""

from typing import Final, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server import hub_client
from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.console import ending, scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.directory.models import Gateway, Loan, Stick
from hanare_server.profiles.floor import image_floor
from hanare_server.sockets import Unreachable

FAILURES: Final = 5
"""Refused sign-ins of one user or stick within a day that somebody should ask about: a typing mistake is one or two."""

DAY_MS: Final = 24 * 3600 * 1000


class Matter(NamedTuple):
    """Something that somebody should look at."""

    title: Promise
    number: int
    address: str


def of(account: Administrator) -> list[Matter]:
    """Return the matters of which there are any; three queries and a question to the hub."""
    counted = _sticks(account)
    away = _gateways_away(account)
    ledger, sticks = reverse("lending:ledger"), reverse("directory:sticks")
    refused = f"{reverse('console:audit')}?act={Act.SIGN_IN_REFUSED.value}"
    found = [
        Matter(gettext_lazy("Gateways out of touch"), away, reverse("directory:gateways")),
        Matter(gettext_lazy("Overdue sticks"), counted["overdue"], f"{ledger}?where=overdue"),
        Matter(gettext_lazy("Sticks in quarantine"), counted["quarantined"], f"{sticks}?state=quarantined"),
        Matter(gettext_lazy("Locked sticks"), counted["locked"], f"{sticks}?state=locked"),
        Matter(gettext_lazy("Repeated sign-in failures"), _failing(account), refused),
        *(
            Matter(title, counted[f"ending{days}"], f"{sticks}?certificate={days}")
            for days, title in ending.STICKS.items()
        ),
        *_server_certificate(account),
        Matter(gettext_lazy("Sticks with an image too old to sign in"), counted["old"], f"{sticks}?image=old"),
    ]
    return [matter for matter in found if matter.number]


def _sticks(account: Administrator) -> dict[str, int]:
    old = Q(state=Stick.State.ACTIVE, image__lt=F("floor"))
    overdue = Exists(Loan.objects.filter(stick=OuterRef("pk"), returned_ms=None, due_ms__lt=now_ms()))
    kinds = {state.value: Q(state=state) for state in (Stick.State.QUARANTINED, Stick.State.LOCKED)} | {
        "old": old,
        "overdue": Q(is_overdue=True),
    }
    kinds |= {f"ending{days}": ending.sticks(days) for days, _ in ending.WARNED}
    counts = {name: Count("pk", filter=which) for name, which in kinds.items()}
    return scope.rows(account, Stick).annotate(floor=image_floor(), is_overdue=overdue).aggregate(**counts)


def _server_certificate(account: Administrator) -> list[Matter]:
    """Return the server's own certificate when it ends soon, for who sees gateways: it is theirs to replace."""
    said = ending.server() if may(account.role, Permission.GATEWAYS_READ) else None
    return [Matter(said, 1, reverse("directory:gateways"))] if said is not None else []


def _failing(account: Administrator) -> int:
    """Return how many users and sticks were refused too often; a department contact, who reads no log, is told none."""
    # Rows are numbered in the order of time: the day begins at a number, and act with number is indexed.
    today = scope.rows(account, AuditRow).filter(time_ms__gt=now_ms() - DAY_MS).order_by("time_ms")
    lately = scope.rows(account, AuditRow).filter(
        act=Act.SIGN_IN_REFUSED, number__gte=Subquery(today.values("number")[:1])
    )
    return lately.order_by().values("object").annotate(times=Count("pk")).filter(times__gte=FAILURES).count()


def _gateways_away(account: Administrator) -> int:
    """Count the gateways out of touch; when the hub does not answer none is in touch."""
    if not may(account.role, Permission.GATEWAYS_READ):
        return 0
    try:
        present = hub_client.in_touch(account.here.pk)
    except Unreachable:
        present = frozenset()
    return scope.rows(account, Gateway).filter(state=Gateway.State.ACTIVE).exclude(pk__in=present).count()
