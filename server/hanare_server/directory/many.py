"""Acts on many rows at once, all or nothing: what the console's lists and the API both call."""

from collections.abc import Sequence
from typing import Any, Final

from hanare_core.problems import Code, Problem
from hanare_server.access import reassigned, resumption, standing
from hanare_server.access import suspend as stopping
from hanare_server.access.act import act
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.log import Act, Thing
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Department, Stick, User
from hanare_server.directory.pages import change
from hanare_server.lending import leaving

MOST: Final = 5_000
"""Rows of one act: a bigger one would hold the organisation's lock for longer than a sign-in should wait."""


def move(account: Administrator, thing: str, rows: Sequence[Any], target: Department) -> int:
    """Move the rows, of the kind that the audit log calls `thing`, to a department; return how many were elsewhere."""
    _not_too_many(rows)
    with act(account.here.pk, change.actor(account)) as opened:
        moved = [row for row in rows if row.department_id != target.pk]
        for row in moved:
            before = row.department
            row.department = target
            change.write(opened, row)
            detail = {"department": f"{before or '–'} → {target}"}
            opened.write(Act.CHANGED, Thing(thing, row.pk), detail)
        reassigned.end_changed(opened, moved)
    return len(moved)


def suspend(account: Administrator, thing: str, rows: Sequence[Any], why: str = "") -> int:
    """Suspend those that are active; return how many. why: what the log is to say of it."""
    _not_too_many(rows)
    keys = [row.pk for row in rows if row.state == _ACTIVE]
    stopping.suspend_many(account.here.pk, change.actor(account), standing.Kind(thing), keys, why=why)
    return len(keys)


def ask_or_resume(account: Administrator, thing: str, rows: Sequence[Any], why: str = "") -> int | Request:
    """Resume those that are suspended and return how many, or return the request where that takes two people."""
    _not_too_many(rows)
    kind, keys = standing.Kind(thing), [row.pk for row in rows if row.state == _SUSPENDED]
    if resumption.takes_two(account.here.pk, change.actor(account), kind, keys):
        return requests.ask(account, Loosening.RESUME, {"kind": kind.value, "identifiers": keys}, why)
    stopping.resume_many(account.here.pk, change.actor(account), kind, keys, why=why)
    return len(keys)


def ask_or_leave(account: Administrator, rows: Sequence[User], why: str) -> int | Request:
    """Mark these users as left and return how many had not, or return the request where that takes two people."""
    _not_too_many(rows)
    keys = [row.pk for row in rows if row.state != User.State.GONE]
    if leaving.takes_two(account.here.pk, change.actor(account), Act.LEFT, keys):
        return requests.ask(account, Loosening.MARK_LEFT, {"users": keys}, why)
    return leaving.leave(account.here.pk, change.actor(account), keys, why=why)


def ask_or_bring_back(account: Administrator, rows: Sequence[User], why: str) -> int | Request:
    """Bring these users back and return how many had left, or return the request where that takes two people."""
    _not_too_many(rows)
    keys = [row.pk for row in rows if row.state == User.State.GONE]
    if leaving.takes_two(account.here.pk, change.actor(account), Act.CAME_BACK, keys):
        return requests.ask(account, Loosening.COME_BACK, {"users": keys}, why)
    return leaving.come_back(account.here.pk, change.actor(account), keys, why=why)


def _not_too_many(rows: Sequence[Any]) -> None:
    if len(rows) > MOST:
        raise Problem(Code.TOO_LARGE, detail={"most": str(MOST)})


_ACTIVE: Final = Stick.State.ACTIVE.value
_SUSPENDED: Final = User.State.SUSPENDED.value
