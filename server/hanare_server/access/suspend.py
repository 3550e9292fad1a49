"""Suspends and resumes a stick, user, department or organisation, and stops a session.

A stop is one transaction {row, sessions and leases, epoch + 1, audit, revision}; the bell rings after it;
then we wait at most two seconds for the gateways' receipts. The stop holds whether or not they come. Stopping
what is stopped, or resuming what is active, changes nothing and is answered alike.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from django.db.models import Q, QuerySet

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import receipts, sessions
from hanare_server.access.act import OpenAct, act
from hanare_server.access.models import Lease, Session
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Department, Organisation, Stick, User


class Kind(StrEnum):
    """What can be stopped."""

    DEPARTMENT = "department"
    ORGANISATION = "organisation"
    SESSION = "session"
    STICK = "stick"
    USER = "user"


class Stopped(NamedTuple):
    """What a stop did: the leases it took away, and those whose receipt has come."""

    committed_ms: int
    leases: list[str]
    receipts: list[Lease]


def suspend(organisation: str, actor: Actor, kind: Kind, identifier: str) -> Stopped:
    """Suspend it, end its sessions, wait for the receipts; raises Problem(NOT_FOUND) outside the organisation."""
    stopped = stop(organisation, actor, kind, identifier)
    waited = receipts.collect(organisation, stopped.leases) if stopped.leases else []
    return stopped._replace(receipts=waited)


def stop(organisation: str, actor: Actor, kind: Kind, identifier: str, *, adopted: int | None = None) -> Stopped:
    """Suspend it and end its sessions, without waiting for receipts.

    adopted: the epoch in which a gateway has kept it halted; then it is halted here even where nothing else changes.
    """
    with act(organisation, actor) as opened:
        now = now_ms()
        changed = _SET[kind](opened, identifier, stop=True)
        reason = STOP_REASON[kind]
        leases = sessions.end_all(opened, _open_sessions(organisation, kind, identifier), reason, now_ms=now)
        if changed or leases or adopted is not None:
            opened.raise_epoch(above=adopted or 0)
            if kind is not Kind.SESSION or adopted is not None:
                opened.halt(kind.value, identifier, stands=True)
            detail = {} if adopted is None else {"kept_in_epoch": str(adopted)}
            opened.write(Act.SUSPENDED, Thing(kind.value, identifier), detail)
        if changed:
            _note(opened, kind)
    return Stopped(now_ms(), leases, [])


def resume(organisation: str, actor: Actor, kind: Kind, identifier: str) -> None:
    """Let it work again; a session that was stopped stays ended. Raises Problem(NOT_FOUND or CONFLICT).

    A stick that too many wrong PINs had locked is unlocked in keyd too: Problem(KEYD_UNREACHABLE), or
    Problem(STICK_LOCKED) when that was done too often lately.
    """
    if kind is Kind.STICK:
        unlock(organisation, identifier)
    with act(organisation, actor) as opened:
        go_on(opened, kind, [identifier])


def go_on(opened: OpenAct, kind: Kind, identifiers: Sequence[str]) -> None:
    """Let all of these work again inside an act; what was not stopped is not written. Raises as `resume` does."""
    changed = [identifier for identifier in identifiers if _SET[kind](opened, identifier, stop=False)]
    if changed:
        opened.raise_epoch()
    for identifier in changed:
        opened.halt(kind.value, identifier, stands=False)
        opened.write(Act.RESUMED, Thing(kind.value, identifier))


def unlock(organisation: str, identifier: str) -> None:
    """Have keyd clear the stick's own row, before anything is written here: repeating it is harmless."""
    locked = Stick.objects.filter(pk=identifier, organisation=organisation, state=Stick.State.LOCKED).exists()
    try:
        keyd_client.ask(keyd.UnlockStickRequest(organisation=organisation, stick=identifier), keyd.DoneAnswer)
    except Problem:
        if locked:
            raise


def suspend_many(organisation: str, actor: Actor, kind: Kind, identifiers: Sequence[str]) -> Stopped:
    """Suspend all of these in one act, or none; wait for the receipts of all together. Raises as `suspend` does."""
    with act(organisation, actor) as opened:
        now, leases = now_ms(), []
        opened.raise_epoch()
        for identifier in identifiers:
            changed = _SET[kind](opened, identifier, stop=True)
            found = _open_sessions(organisation, kind, identifier)
            ended = sessions.end_all(opened, found, STOP_REASON[kind], now_ms=now)
            leases += ended
            if changed or ended:
                opened.halt(kind.value, identifier, stands=True)
                opened.write(Act.SUSPENDED, Thing(kind.value, identifier))
        _note(opened, kind)
    committed = now_ms()
    return Stopped(committed, leases, receipts.collect(organisation, leases) if leases else [])


def resume_many(organisation: str, actor: Actor, kind: Kind, identifiers: Sequence[str]) -> None:
    """Let all of these work again in one act, or none. Raises as `resume` does."""
    with act(organisation, actor) as opened:
        go_on(opened, kind, identifiers)


def _note(opened: OpenAct, kind: Kind) -> None:
    from hanare_server.access import mass_stop  # noqa: PLC0415 its lapse resumes by this module

    mass_stop.note(opened, kind)


def _open_sessions(organisation: str, kind: Kind, identifier: str) -> QuerySet[Session]:
    own = Session.objects.filter(organisation=organisation, state=Session.State.OPEN)
    wanted = Q(**{_SESSION_FIELD[kind]: identifier})
    if kind is Kind.DEPARTMENT:
        wanted |= Q(user__department=identifier)  # whoever belongs to it now, wherever the session began
    return own.filter(wanted)


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

STOP_REASON: Final = {
    Kind.DEPARTMENT: Code.DEPARTMENT_SUSPENDED,
    Kind.ORGANISATION: Code.ORGANISATION_OFF,
    Kind.SESSION: Code.SESSION_SUSPENDED,
    Kind.STICK: Code.SUSPENDED,
    Kind.USER: Code.USER_SUSPENDED,
}

_SESSION_FIELD: Final = {
    Kind.DEPARTMENT: "department",
    Kind.ORGANISATION: "organisation",
    Kind.SESSION: "pk",
    Kind.STICK: "stick",
    Kind.USER: "user",
}
