"""How a stick, user, department or organisation stands: stopped or working. Sets it inside an act, and lets it go on.

Stopping what is stopped, or resuming what works, changes nothing. A session has no standing of its own: it ends, and
stays ended.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

from hanare_core.problems import Code, Problem
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Thing
from hanare_server.directory.models import Department, Organisation, Stick, User

AGREED: Final = "agreed"
"""In the log's row of a resumption that was approved."""


class Kind(StrEnum):
    """What can be stopped."""

    DEPARTMENT = "department"
    ORGANISATION = "organisation"
    SESSION = "session"
    STICK = "stick"
    USER = "user"


def set_standing(opened: OpenAct, kind: Kind, identifier: str, *, stop: bool) -> bool:
    """Stop it, or let it work; return whether that changed anything. Raises Problem(NOT_FOUND or CONFLICT)."""
    return _SET[kind](opened, identifier, stop=stop)


def go_on(opened: OpenAct, kind: Kind, identifiers: Sequence[str], *, agreed: bool = False, why: str = "") -> None:
    """Let all of these work again inside an act; what was not stopped is not written. Raises as `set_standing`.

    agreed: two people said so, or the only one by the long way; it does not count as resumed by one alone.
    why: what the log is to say of it.
    """
    detail = ({AGREED: "yes"} if agreed else {}) | ({"why": why} if why else {})
    changed = [identifier for identifier in identifiers if set_standing(opened, kind, identifier, stop=False)]
    if changed:
        opened.raise_epoch()
    for identifier in changed:
        opened.halt(kind.value, identifier, stands=False)
        opened.write(Act.RESUMED, Thing(kind.value, identifier), detail)


def _set_organisation(opened: OpenAct, identifier: str, *, stop: bool) -> bool:
    if identifier != opened.organisation.id:
        raise Problem(Code.NOT_FOUND)
    state = Organisation.State.OFF if stop else Organisation.State.ON
    changed = opened.organisation.state != state
    opened.organisation.state = state
    return changed


def _set_department(opened: OpenAct, identifier: str, *, stop: bool) -> bool:
    department = Department.objects.filter(pk=identifier, organisation=opened.organisation).first()
    if department is None:
        raise Problem(Code.NOT_FOUND)
    changed = department.suspended != stop
    department.suspended = stop
    department.save(update_fields=["suspended"])
    return changed


def _set_user(opened: OpenAct, identifier: str, *, stop: bool) -> bool:
    user = User.objects.filter(pk=identifier, organisation=opened.organisation).first()
    if user is None or user.state == User.State.GONE:
        raise Problem(Code.NOT_FOUND)
    state = User.State.SUSPENDED if stop else User.State.ACTIVE
    changed = user.state != state
    user.state = state
    user.save(update_fields=["state"])
    return changed


def _set_stick(opened: OpenAct, identifier: str, *, stop: bool) -> bool:
    own = Stick.objects.filter(pk=identifier, organisation=opened.organisation)
    wanted, from_states = (Stick.State.SUSPENDED, _MAY_SUSPEND) if stop else (Stick.State.ACTIVE, _MAY_RESUME)
    if opened.touch_all(own.filter(state__in=from_states), state=wanted):
        return True
    state = own.values_list("state", flat=True).first()
    if state is None:
        raise Problem(Code.NOT_FOUND)
    if state != wanted:
        raise Problem(Code.CONFLICT, detail={"state": state})
    return False


def _set_session(opened: OpenAct, identifier: str, *, stop: bool) -> bool:
    """Only look that it is there: what is stopped is the open session itself, and it does not come back."""
    found = Session.objects.filter(pk=identifier, organisation=opened.organisation).exists()
    if not found:
        raise Problem(Code.NOT_FOUND)
    if not stop:
        raise Problem(Code.CONFLICT, detail={"state": Session.State.ENDED.value})
    return False


_MAY_SUSPEND: Final = (Stick.State.ACTIVE, Stick.State.QUARANTINED, Stick.State.LOCKED)
_MAY_RESUME: Final = (Stick.State.SUSPENDED, Stick.State.QUARANTINED, Stick.State.LOCKED)


class _Setter(Protocol):
    """Sets one thing's standing inside an act; returns whether that changed anything."""

    def __call__(self, opened: OpenAct, identifier: str, *, stop: bool) -> bool: ...


_SET: Final[dict[Kind, _Setter]] = {
    Kind.DEPARTMENT: _set_department,
    Kind.ORGANISATION: _set_organisation,
    Kind.SESSION: _set_session,
    Kind.STICK: _set_stick,
    Kind.USER: _set_user,
}
