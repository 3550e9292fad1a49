"""What needs somebody's attention today: one line a matter, with how many there are and where they stand."""

from collections import defaultdict
from typing import Any, Final, NamedTuple

from django.db.models import Aggregate, Count, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server import hub_client
from hanare_server.approvals.models import MassStop
from hanare_server.audit.log import Act
from hanare_server.audit.models import AuditRow
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console import ending, kept, scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.directory.models import Gateway, Loan, Stick
from hanare_server.profiles.floor import older_sticks
from hanare_server.sockets import Unreachable

FAILURES: Final = 5
"""Refused sign-ins of one user or stick within a day that somebody should ask about: a typing mistake is one or two."""


class Matter(NamedTuple):
    """Something that somebody should look at."""

    name: str
    """Its id on the page, so that whoever stands on it by keyboard keeps their place when the lines are drawn anew."""
    title: Promise
    number: int
    address: str


def of(account: Administrator) -> list[Matter]:
    """Return the matters of which there are any; three queries (two of them kept a moment), a question to the hub."""
    counted = kept.answer(account, "matters", lambda: _counted(account))
    away = _gateways_away(account)
    approvals = reverse("approvals:approvals")
    ledger, sticks = reverse("lending:ledger"), reverse("directory:sticks")
    disbelieved = f"{reverse('console:audit')}?act={Act.GATEWAY_NOT_BELIEVED.value}"
    refused = f"{reverse('console:audit')}?act={Act.SIGN_IN_REFUSED.value}"
    found = [
        Matter("away", gettext_lazy("Gateways out of touch"), away, reverse("directory:gateways")),
        Matter(
            "disbelieved",
            gettext_lazy("Gateways not believed: perhaps broken into"),
            counted["disbelieved"],
            disbelieved,
        ),
        Matter(
            "lapsing", gettext_lazy("Stops of many that lapse unless they are confirmed"), counted["lapsing"], approvals
        ),
        Matter("overdue", gettext_lazy("Overdue sticks"), counted["overdue"], f"{ledger}?where=overdue"),
        Matter(
            "quarantined", gettext_lazy("Sticks in quarantine"), counted["quarantined"], f"{sticks}?state=quarantined"
        ),
        Matter("locked", gettext_lazy("Locked sticks"), counted["locked"], f"{sticks}?state=locked"),
        Matter(
            "failing",
            gettext_lazy("Repeated sign-in failures"),
            kept.answer(account, "failing", lambda: _failing(account)),
            refused,
        ),
        *(
            Matter(f"ending{days}", title, counted[f"ending{days}"], f"{sticks}?certificate={days}")
            for days, title in ending.STICKS.items()
        ),
        *_server_certificate(account),
        Matter("old", gettext_lazy("Sticks with an image too old to sign in"), counted["old"], f"{sticks}?image=old"),
    ]
    return [matter for matter in found if matter.number]


def _counted(account: Administrator) -> dict[str, int]:
    """Count what is counted by rows, each matter by its own index, in one query."""
    sticks = scope.rows(account, Stick)
    questions = {
        "overdue": scope.rows(account, Loan).filter(returned_ms=None, due_ms__lt=now_ms()),
        "lapsing": scope.rows(account, MassStop).filter(state=MassStop.State.STANDING, lapses_ms__gt=now_ms()),
        "quarantined": sticks.filter(state=Stick.State.QUARANTINED),
        "locked": sticks.filter(state=Stick.State.LOCKED),
    }
    questions |= {f"ending{days}": sticks.filter(ending.sticks(days)) for days, _ in ending.WARNED}
    numbers = [_number(name, rows, Count("pk")) for name, rows in questions.items()]
    today = _of_today(account).filter(act=Act.GATEWAY_NOT_BELIEVED)
    numbers.append(_number("disbelieved", today, Count("object", distinct=True)))
    numbers += [_number("old", *asked) for asked in older_sticks(account)]
    found: dict[str, int] = defaultdict(int)
    for name, number in numbers[0].union(*numbers[1:], all=True):
        found[name] += number or 0
    return found


def _number(name: str, rows: QuerySet[Any], counted: Aggregate) -> QuerySet[Any]:
    numbered: QuerySet[Any] = rows.order_by().values(matter=Value(name)).annotate(number=counted)
    return numbered.values_list("matter", "number")


def _server_certificate(account: Administrator) -> list[Matter]:
    """Return the server's own certificate when it ends soon, for who sees gateways: it is theirs to replace."""
    said = ending.server() if may(account.role, Permission.GATEWAYS_READ) else None
    return [Matter("server-certificate", said, 1, reverse("directory:gateways"))] if said is not None else []


def _failing(account: Administrator) -> int:
    """Return how many users and sticks were refused too often; a department contact, who reads no log, is told none."""
    lately = _of_today(account).filter(act=Act.SIGN_IN_REFUSED)
    return lately.order_by().values("object").annotate(times=Count("pk")).filter(times__gte=FAILURES).count()


def _of_today(account: Administrator) -> QuerySet[AuditRow]:
    """Return the last day's rows: numbered in the order of time, they begin at a number; act with number is indexed."""
    today = scope.rows(account, AuditRow).filter(time_ms__gt=now_ms() - DAY_MS).order_by("time_ms")
    return scope.rows(account, AuditRow).filter(number__gte=Subquery(today.values("number")[:1]))


def _gateways_away(account: Administrator) -> int:
    """Count the gateways out of touch; when the hub does not answer none is in touch."""
    if not may(account.role, Permission.GATEWAYS_READ):
        return 0
    try:
        present = hub_client.in_touch(account.here.pk)
    except Unreachable:
        present = frozenset()
    return scope.rows(account, Gateway).filter(state=Gateway.State.ACTIVE).exclude(pk__in=present).count()
