"""What the page of one thing shows: its values, its use, who held it, and what was done to it."""

from typing import Any, Final, NamedTuple

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.access import in_use
from hanare_server.access.models import Session
from hanare_server.console import ending, scope
from hanare_server.console.cells import Cell, Text
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.directory.models import Department, Gateway, Loan, OfficePC, Stick, User
from hanare_server.directory.pages.tables import in_touch, link, state
from hanare_server.directory.pages.words import KINDS, ZONES
from hanare_server.helpdesk import guesses

SESSION_ROWS: Final = 20
LOAN_ROWS: Final = 50

Facts = list[tuple[str | Promise, Cell]]


class Stop(NamedTuple):
    """How the thing is suspended and resumed: the plural word of the address, and whether it stands suspended."""

    things: str
    suspended: bool


def of(account: Administrator, row: Model) -> Facts:
    """Return the thing's values with their labels."""
    found: list[tuple[str | Promise, Cell | Text]] = []
    if isinstance(row, Department):
        found = [(gettext_lazy("Profile"), str(row.profile or "–"))]
    if isinstance(row, User):
        found = _user(account, row)
    if isinstance(row, Stick):
        found = _stick(account, row)
    if isinstance(row, OfficePC):
        found = _office_pc(row)
    if isinstance(row, Gateway):
        found = _gateway(row)
    found.append((gettext_lazy("Identifier"), str(row.pk)))
    return [(label, value if isinstance(value, Cell) else Cell(value)) for label, value in found]


def stop_of(row: Model) -> Stop | None:
    """Return how the thing is suspended; None for what cannot be."""
    if isinstance(row, Department):
        return Stop("departments", row.suspended)
    if isinstance(row, User) and row.state != User.State.GONE:
        return Stop("users", row.state == User.State.SUSPENDED)
    if isinstance(row, Stick) and row.state not in Stick.RETIRED:
        return Stop("sticks", row.state != Stick.State.ACTIVE)
    return None


def sessions(account: Administrator, row: Model) -> list[Session]:
    """Return the thing's latest sessions."""
    path = {User: "user", Stick: "stick", OfficePC: "office_pc"}.get(type(row))
    if path is None:
        return []
    found = scope.rows(account, Session).filter(**{path: row}).select_related("user", "stick", "office_pc")
    return list(found.order_by("-opened_ms", "pk")[:SESSION_ROWS])


def loans(account: Administrator, row: Model) -> list[Loan]:
    """Return who held the stick, or what the user held, newest first."""
    path = {User: "user", Stick: "stick"}.get(type(row))
    if path is None:
        return []
    found: QuerySet[Loan] = scope.rows(account, Loan).filter(**{path: row}).select_related("user", "stick")
    return list(found.order_by("-since_ms", "pk")[:LOAN_ROWS])


def _guesses(account: Administrator, row: User | Stick, other: str) -> list[tuple[str | Promise, Cell | Text]]:
    """Return how often a PIN may still be mistyped, for the help desk; other: the stick of a user, or its holder."""
    if not may(account.role, Permission.EXPLAIN) or row.state == User.State.GONE:
        return []
    user, stick = (row.pk, other) if isinstance(row, User) else (other, row.pk)
    left = guesses.of(row.organisation_id, user, stick)
    title = gettext_lazy("Wrong PINs that are left")
    if left is None:
        return [(title, gettext_lazy("keyd does not answer"))]
    line = guesses.user_line(left) if isinstance(row, User) else guesses.stick_line(left)
    return [(title, Cell(line.text, tone="red") if line.locked else line.text)]


def _user(account: Administrator, row: User) -> list[tuple[str | Promise, Cell | Text]]:
    pc = scope.rows(account, OfficePC).filter(user=row).first()
    return [
        (gettext_lazy("User name"), row.name),
        (gettext_lazy("Standing"), state(row)),
        (gettext_lazy("Department"), link("departments", row.department)),
        (gettext_lazy("Office PC"), link("office-pcs", pc)),
        (gettext_lazy("Profile"), str(row.profile or "–")),
        (gettext_lazy("PIN"), gettext_lazy("set") if row.envelope else gettext_lazy("not set")),
        *_guesses(account, row, ""),
    ]


def _stick(account: Administrator, row: Stick) -> list[tuple[str | Promise, Cell | Text]]:
    loan = scope.rows(account, Loan).filter(stick=row, returned_ms=None).select_related("user").first()
    return [
        (gettext_lazy("Standing"), state(row)),
        (gettext_lazy("Department"), link("departments", row.department)),
        (gettext_lazy("Holder"), link("users", loan.user) if loan else Cell("–")),
        (gettext_lazy("Image"), str(row.image)),
        (gettext_lazy("Certificate until"), ending.day_of(row.certificate_until_ms)),
        *_guesses(account, row, loan.user_id if loan else ""),
    ]


def _gateway(row: Gateway) -> list[tuple[str | Promise, Cell | Text]]:
    now = in_use.of(row.organisation_id)
    shown: Any = row
    shown.in_touch = row.pk in now.in_touch
    return [
        (gettext_lazy("Standing"), state(row)),
        (gettext_lazy("In touch"), in_touch(shown)),
        (gettext_lazy("Sessions now"), str(now.sessions.get(row.pk, 0))),
        (gettext_lazy("Inner addresses"), row.pool),
    ]


def _office_pc(row: OfficePC) -> list[tuple[str | Promise, Cell | Text]]:
    return [
        (gettext_lazy("User"), link("users", row.user)),
        (gettext_lazy("Address"), f"{row.address}:{row.port}"),
        (gettext_lazy("Kind"), KINDS[row.kind]),
        (gettext_lazy("Zone"), ZONES[row.zone]),
        (gettext_lazy("Fingerprint of its certificate (SHA-256)"), row.fingerprint),
    ]
