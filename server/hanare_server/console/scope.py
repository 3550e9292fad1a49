"""Which rows an account may see: the one layer through which every page and the API reads. Deny by default.

A model without a rule here cannot be read at all: asking for it is a fault of ours and raises LookupError. Two
filters are always set: the organisation that the account looks at, and for a department contact the departments.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from django.db.models import Model, Q, QuerySet

from hanare_core.problems import Code, Problem
from hanare_server.access.models import Halt, Lease, Session
from hanare_server.approvals.models import MassStop, Request
from hanare_server.audit.models import AuditRow, Checkpoint, OffBoxCopy
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Gateway, Loan, OfficePC, Organisation, Profile, Stick, User
from hanare_server.lending.models import LostStick, Reminder, Reservation
from hanare_server.profiles.models import ProfileVersion

M = TypeVar("M", bound=Model)

NOBODY: Final = ""
"""Rule of a model that belongs to the whole organisation: a department contact sees none of it."""

EVERYBODY: Final = "*"
"""Rule of a model whose rows a department contact may all read, because they say nothing of other departments."""

_DEPARTMENT: Final[dict[type[Model], str]] = {
    Administrator: NOBODY,
    AuditRow: NOBODY,
    Checkpoint: NOBODY,
    OffBoxCopy: NOBODY,
    Department: "pk",
    Gateway: NOBODY,
    Halt: NOBODY,
    Lease: "session__department",
    Loan: "stick__department",
    LostStick: "stick__department",
    MassStop: NOBODY,
    OfficePC: "user__department",
    Profile: EVERYBODY,
    ProfileVersion: NOBODY,
    Reminder: "loan__stick__department",
    Request: NOBODY,
    Reservation: "stick__department",
    Session: "department",
    Stick: "department",
    User: "department",
}
"""For each model the path to the department that it belongs to."""


def register(model: type[Model], department: str) -> None:
    """Add an app's own model: the path to its department, NOBODY or EVERYBODY. It must have `organisation`."""
    _DEPARTMENT[model] = department


def rules() -> Mapping[type[Model], str]:
    """Return every rule, for the tests."""
    return dict(_DEPARTMENT)


def rows(account: Administrator, model: type[M]) -> QuerySet[M]:
    """Return the rows of the model that the account may see; raises LookupError for a model without a rule."""
    rule = _DEPARTMENT.get(model)
    if rule is None:
        raise LookupError(f"{model.__name__} has no row scope: register it in console.scope")
    manager: QuerySet[M] = model._default_manager.filter(organisation=account.here)  # noqa: SLF001 Django's name
    if account.role != Role.CONTACT or rule == EVERYBODY:
        return manager
    if rule == NOBODY:
        return manager.none()
    return manager.filter(Q(**{f"{rule}__in": account.departments.order_by().values("pk")}))


def one(account: Administrator, model: type[M], identifier: str) -> M:
    """Return one row; raises Problem(NOT_FOUND) when there is none that the account may see."""
    found = rows(account, model).filter(pk=identifier).first() if "\0" not in identifier else None
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def must_see(account: Administrator, model: type[Model], identifier: str) -> None:
    """Raise Problem(NOT_FOUND) as `one` does, without reading the row."""
    if "\0" in identifier or not rows(account, model).filter(pk=identifier).exists():
        raise Problem(Code.NOT_FOUND)


def departments(account: Administrator) -> tuple[str, ...]:
    """Return the departments to which a department contact is bound; empty for the other roles: they see all."""
    if account.role != Role.CONTACT:
        return ()
    return tuple(account.departments.order_by("pk").values_list("pk", flat=True))


def organisations(account: Administrator) -> QuerySet[Organisation]:
    """Return the organisations that the account may look at: its own; the provider's, all."""
    if account.role == Role.PROVIDER:
        return Organisation.objects.order_by("name", "pk")
    return Organisation.objects.filter(pk=account.organisation_id)
