"""Suspends and resumes a stick, user, department or organisation, and stops a session.

A stop is one transaction {rows, sessions and leases, epoch + 1, audit, revision}; the bell rings after it;
then we wait at most two seconds for the gateways' receipts, and look whether the account has stopped many. The stop
holds whether or not they come; what it need not wait for comes after it, as until then packets pass. Stopping what is
stopped, or resuming what is active, changes nothing and is answered alike.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from django.db import DatabaseError
from django.db.models import Q, QuerySet

from hanare_core import log_lines
from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import mass_stop, receipts, resumption, sessions
from hanare_server.access.act import OpenAct, act
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind, go_on, set_standing
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick

_log: Final = logging.getLogger(__name__)


class Stopped(NamedTuple):
    """What a stop did: the leases it took away, and those whose receipt has come."""

    committed_ms: int
    leases: list[str]
    receipts: list[Lease]


def suspend(organisation: str, actor: Actor, kind: Kind, identifier: str, *, why: str = "") -> Stopped:
    """Suspend it, end its sessions, wait for the receipts; raises Problem(NOT_FOUND) outside the organisation.

    why: what the log is to say of it.
    """
    return suspend_many(organisation, actor, kind, [identifier], why=why)


def suspend_many(organisation: str, actor: Actor, kind: Kind, identifiers: Sequence[str], *, why: str = "") -> Stopped:
    """Suspend all of these in one act, or none; wait for the receipts of all together. Raises as `suspend` does."""
    with act(organisation, actor) as opened:
        leases = stop_in(opened, kind, identifiers, why=why)
    return collected(organisation, actor, kind, leases)


def stop(organisation: str, actor: Actor, kind: Kind, identifier: str, *, adopted: int | None = None) -> Stopped:
    """Suspend it and end its sessions, without waiting for receipts; adopted: as `stop_in`."""
    with act(organisation, actor) as opened:
        leases = stop_in(opened, kind, [identifier], adopted=adopted)
    return Stopped(now_ms(), leases, [])


def stop_in(
    opened: OpenAct, kind: Kind, identifiers: Sequence[str], *, adopted: int | None = None, why: str = ""
) -> list[str]:
    """Suspend all of these inside an act, end their sessions, and return the leases whose receipts are to come.

    adopted: the epoch in which a gateway has kept it halted; then it is halted here even where nothing else changes.
    why: as for `suspend`.
    """
    now, leases, stopped = now_ms(), list[str](), list[str]()
    for identifier in identifiers:
        changed_here = set_standing(opened, kind, identifier, stop=True)
        found = _open_sessions(opened.organisation.pk, kind, identifier)
        ended = sessions.end_all(opened, found, STOP_REASON[kind], now_ms=now)
        leases += ended
        if changed_here or ended or adopted is not None:
            stopped.append(identifier)
    _write(opened, kind, stopped, adopted, {"why": why} if why else {})
    return leases


def collected(organisation: str, actor: Actor, kind: Kind, leases: list[str]) -> Stopped:
    """Wait, after the stop's act, for its receipts; then look whether the account has stopped many."""
    committed = now_ms()
    stopped = Stopped(committed, leases, receipts.collect(organisation, leases) if leases else [])
    try:
        mass_stop.look(organisation, actor, kind)
    except (DatabaseError, Problem) as error:  # the stop holds all the same, and the worker looks again
        log_lines.failure(_log, "not looked whether many are stopped", error)
    return stopped


def resume(organisation: str, actor: Actor, kind: Kind, identifier: str, *, why: str = "") -> None:
    """Let it work again; a session that was stopped stays ended. Raises Problem(NOT_FOUND or CONFLICT).

    CONFLICT as well when an administrator may not do it alone (`resumption.takes_two`): who asks first has looked, and
    somebody has reported it lost since. A stick that too many wrong PINs had locked is unlocked in keyd too:
    Problem(KEYD_UNREACHABLE), or Problem(STICK_LOCKED) when that was done too often lately.
    """
    if kind is Kind.STICK:
        unlock(organisation, identifier)
    resume_many(organisation, actor, kind, [identifier], why=why)


def resume_many(organisation: str, actor: Actor, kind: Kind, identifiers: Sequence[str], *, why: str = "") -> None:
    """Let all of these work again in one act, or none. Raises as `resume` does."""
    with act(organisation, actor) as opened:
        if resumption.takes_two(organisation, actor, kind, identifiers):
            raise Problem(Code.CONFLICT, detail={"kind": kind.value})
        go_on(opened, kind, identifiers, why=why)


def unlock(organisation: str, identifier: str) -> None:
    """Have keyd clear the stick's own row, before anything is written here: repeating it is harmless."""
    locked = Stick.objects.filter(pk=identifier, organisation=organisation, state=Stick.State.LOCKED).exists()
    try:
        keyd_client.ask(keyd.UnlockStickRequest(organisation=organisation, stick=identifier), keyd.DoneAnswer)
    except Problem:
        if locked:
            raise


def _write(opened: OpenAct, kind: Kind, stopped: list[str], adopted: int | None, said: Mapping[str, str]) -> None:
    """Have gateways keep what was stopped on disk, and the log tell of each."""
    if stopped:
        opened.raise_epoch(above=adopted or 0)
    for identifier in stopped:
        if kind is not Kind.SESSION or adopted is not None:
            opened.halt(kind.value, identifier, stands=True)
        detail = said if adopted is None else {"kept_in_epoch": str(adopted), **said}
        opened.write(Act.SUSPENDED, Thing(kind.value, identifier), detail)


def _open_sessions(organisation: str, kind: Kind, identifier: str) -> QuerySet[Session]:
    own = Session.objects.filter(organisation=organisation, state=Session.State.OPEN)
    wanted = Q(**{_SESSION_FIELD[kind]: identifier})
    if kind is Kind.DEPARTMENT:
        wanted |= Q(user__department=identifier)  # whoever belongs to it now, wherever the session began
    return own.filter(wanted)


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
