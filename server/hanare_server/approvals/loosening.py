"""The acts that take two people: how each is written down exactly, and how it is carried out.

A payload is canonical JSON of the act, of what it is to do, and of how its target stands. Built again at the approval
it must be the same bytes: whoever changed the target meanwhile has made the request void.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from hanare_core.problems import Code, Problem
from hanare_server.access import carrier, suspend
from hanare_server.access.act import OpenAct
from hanare_server.access.standing import Kind, go_on
from hanare_server.administrators import accounts
from hanare_server.approvals.models import Loosening
from hanare_server.clock import now_ms
from hanare_server.console.roles import Permission
from hanare_server.directory import my_number
from hanare_server.directory.models import Department, Organisation, Profile, Stick, User
from hanare_server.lending import leaving
from hanare_server.lending.models import LostStick
from hanare_server.profiles import assignment, change
from hanare_server.rekey import rounds
from hanare_server.sticks import recovery

What = Mapping[str, Any]
"""What the act is to do, as JSON has it."""

NEEDS: Final[Mapping[str, Permission]] = {
    Loosening.ADD_ADMINISTRATOR: Permission.ADMINISTRATORS_EDIT,
    Loosening.ALLOW_CARRIER: Permission.SETTINGS_EDIT,
    Loosening.ASSIGN_PROFILE: Permission.SETTINGS_EDIT,
    Loosening.CHANGE_ADMINISTRATOR: Permission.ADMINISTRATORS_EDIT,
    Loosening.CHANGE_PROFILE: Permission.SETTINGS_EDIT,
    Loosening.COME_BACK: Permission.DIRECTORY_EDIT,
    Loosening.CONFIRM_ORIGINAL: Permission.RESUME,
    Loosening.EXPORT_AUDIT: Permission.AUDIT_EXPORT,
    Loosening.ISSUE_CODE: Permission.CODE_ISSUE,
    Loosening.LEAVE_MY_NUMBER: Permission.DIRECTORY_EDIT,
    Loosening.MARK_LEFT: Permission.DIRECTORY_EDIT,
    Loosening.RESET_ADMINISTRATOR: Permission.ADMINISTRATORS_EDIT,
    Loosening.RESUME: Permission.RESUME,
    Loosening.START_REKEY: Permission.REKEY,
}
"""What the requester must be allowed to do, when asking and still at the approval."""


def payload_of(organisation: Organisation, act: str, what: What) -> str:
    """Return the exact request; raises Problem(NOT_FOUND, or CONFLICT when its target is not as `what` says)."""
    standing = _STANDING[act](organisation, what)
    content = {"act": act, "what": what, "standing": standing}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def what_of(payload: str) -> What:
    """Return what a payload is to do."""
    found: What = json.loads(payload)["what"]
    return found


def standing_of(payload: str) -> Any:
    """Return how a payload's target stood when it was asked for."""
    return json.loads(payload)["standing"]


def subject_of(payload: str) -> str:
    """Return the account that a payload is about: nobody decides about themselves. Empty: it is about none."""
    return str(what_of(payload).get("account", ""))


def hash_of(payload: str) -> str:
    """Return the payload's SHA-256 in hexadecimal digits."""
    return hashlib.sha256(payload.encode()).hexdigest()


def prepare(organisation: str, act: str, what: What) -> None:
    """Do what must be done before the act and is harmless alone: keyd's lock of a single stick."""
    if act == Loosening.RESUME and what["kind"] == Kind.STICK and len(what["identifiers"]) == 1:
        suspend.unlock(organisation, what["identifiers"][0])


def carry_out(opened: OpenAct, act: str, what: What) -> bool:
    """Do it inside the approval's act, by the functions of the direct way; return whether anything is left to do."""
    doing = _CARRY_OUT.get(act)
    if doing is not None:
        doing(opened, what)
    return doing is None


def _resume(opened: OpenAct, what: What) -> None:
    kind, identifiers = Kind(what["kind"]), what["identifiers"]
    go_on(opened, kind, identifiers, agreed=True)
    if kind is Kind.STICK:
        _found_again(opened, identifiers)


def _confirm_original(opened: OpenAct, what: What) -> None:
    recovery.confirm_original(opened, what["stick"], what["generation"])
    _found_again(opened, [what["stick"]])


def _found_again(opened: OpenAct, sticks: list[str]) -> None:
    """Two people have looked at it: it is neither lost nor suspected any more."""
    lost = LostStick.objects.filter(organisation=opened.organisation, stick__in=sticks, found_ms=None)
    lost.update(found_ms=now_ms())
    Stick.objects.filter(organisation=opened.organisation, pk__in=sticks).update(stale_shown=None)


def _change_profile(opened: OpenAct, what: What) -> None:
    edit = change.Edit(what["version"], what["name"], what["fields"], what["put_back"])
    change.save(opened, what["profile"], edit)


def _start_rekey(opened: OpenAct, what: What) -> None:
    rounds.start(opened, days=what["days"])


def _of_resume(organisation: Organisation, what: What) -> Any:
    kind, keys = Kind(what["kind"]), what["identifiers"]
    if kind is Kind.ORGANISATION:
        return {organisation.pk: [organisation.state]}
    rows, fields = _FIELDS[kind]
    found = rows.filter(organisation=organisation, pk__in=keys).values_list("pk", *fields)
    standing = {pk: list(values) for pk, *values in found}
    if len(standing) != len(set(keys)):
        raise Problem(Code.NOT_FOUND)
    return standing


def _of_stick(organisation: Organisation, what: What) -> Any:
    stick = Stick.objects.filter(organisation=organisation, pk=what["stick"]).first()
    if stick is None:
        raise Problem(Code.NOT_FOUND)
    if stick.state != Stick.State.QUARANTINED or what["generation"] not in (stick.generation, stick.stale_shown):
        raise Problem(Code.CONFLICT, detail={"state": stick.state})
    return [stick.state, stick.generation, stick.stale_shown]


def _of_profile(organisation: Organisation, what: What) -> Any:
    row = Profile.objects.filter(organisation=organisation, pk=what["profile"]).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    if row.version != what["version"]:
        raise Problem(Code.CONFLICT, detail={"version": str(row.version)})
    return [row.version, row.settings]


def _of_carrier(organisation: Organisation, _what: What) -> Any:
    if organisation.carrier:
        raise Problem(Code.CONFLICT, detail={"state": "on"})
    return organisation.carrier


def _of_rekey(organisation: Organisation, what: What) -> Any:
    if not 1 <= what["days"] <= rounds.MAX_DAYS:
        raise Problem(Code.MALFORMED, detail={"path": "days"})
    open_round = rounds.present(organisation.pk)
    return open_round.pk if open_round is not None else ""


def _of_user(organisation: Organisation, what: What) -> Any:
    user = User.objects.filter(organisation=organisation, pk=what["user"]).exclude(state=User.State.GONE).first()
    if user is None:
        raise Problem(Code.NOT_FOUND)
    return [user.state, user.user_key]


_FIELDS: Final[dict[Kind, tuple[Any, tuple[str, ...]]]] = {
    Kind.DEPARTMENT: (Department.objects, ("suspended",)),
    Kind.STICK: (Stick.objects, ("state", "generation", "stale_shown")),
    Kind.USER: (User.objects, ("state",)),
}

_STANDING: Final[dict[str, Callable[[Organisation, What], Any]]] = {
    Loosening.ADD_ADMINISTRATOR: partial(accounts.standing_of, new=True),
    Loosening.ALLOW_CARRIER: _of_carrier,
    Loosening.ASSIGN_PROFILE: assignment.standing_of,
    Loosening.CHANGE_ADMINISTRATOR: partial(accounts.standing_of, new=False),
    Loosening.CHANGE_PROFILE: _of_profile,
    Loosening.COME_BACK: leaving.standing_of,
    Loosening.CONFIRM_ORIGINAL: _of_stick,
    Loosening.EXPORT_AUDIT: lambda _organisation, _what: None,
    Loosening.ISSUE_CODE: _of_user,
    Loosening.LEAVE_MY_NUMBER: my_number.standing_of,
    Loosening.MARK_LEFT: leaving.standing_of,
    Loosening.RESET_ADMINISTRATOR: partial(accounts.standing_of, new=False),
    Loosening.RESUME: _of_resume,
    Loosening.START_REKEY: _of_rekey,
}

_CARRY_OUT: Final[dict[str, Callable[[OpenAct, What], Any]]] = {
    Loosening.ADD_ADMINISTRATOR: accounts.add,
    Loosening.ALLOW_CARRIER: lambda opened, _what: carrier.switch(opened, on=True),
    Loosening.ASSIGN_PROFILE: assignment.carry_out,
    Loosening.CHANGE_ADMINISTRATOR: accounts.change,
    Loosening.CHANGE_PROFILE: _change_profile,
    Loosening.COME_BACK: lambda opened, what: leaving.come_back_in(opened, what["users"]),
    Loosening.CONFIRM_ORIGINAL: _confirm_original,
    Loosening.LEAVE_MY_NUMBER: my_number.leave,
    Loosening.MARK_LEFT: lambda opened, what: leaving.leave_in(opened, what["users"]),
    Loosening.RESET_ADMINISTRATOR: lambda opened, what: accounts.reset(opened, what["account"]),
    Loosening.RESUME: _resume,
    Loosening.START_REKEY: _start_rekey,
}
"""The export and a one-time code are fetched by their requester, after the approval."""
