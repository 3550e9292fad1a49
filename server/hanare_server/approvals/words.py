"""A request in words: its title, and line by line exactly what would change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import Model
from django.utils.translation import gettext, gettext_lazy

from hanare_server.access.standing import Kind
from hanare_server.approvals.loosening import What, standing_of, what_of
from hanare_server.approvals.models import Loosening, MassStop, Request
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, Profile, Stick, User
from hanare_server.directory.pages.words import ZONES
from hanare_server.profiles.effect import field_differences
from hanare_server.profiles.labels import LABELS, said

NAMED: Final = 200
"""Things that a page names; of the others it says how many."""

STATES: Final = {
    Request.State.WAITING: (gettext_lazy("waiting"), "yellow"),
    Request.State.APPROVED: (gettext_lazy("approved"), "green"),
    Request.State.REFUSED: (gettext_lazy("refused"), "red"),
    Request.State.EXPIRED: (gettext_lazy("expired"), ""),
    Request.State.DONE: (gettext_lazy("carried out"), "green"),
}

STOP_STATES: Final = {
    MassStop.State.STANDING: (gettext_lazy("not confirmed"), "yellow"),
    MassStop.State.CONFIRMED: (gettext_lazy("confirmed"), "green"),
    MassStop.State.LAPSED: (gettext_lazy("lapsed"), ""),
}

Line = tuple[Any, str, str]
"""What, how it stands now, what it becomes."""


def title(row: Request) -> str:
    """Return one line that says what is asked for."""
    return _TITLES[Loosening(row.act)](what_of(row.payload))


def stop_title(row: MassStop) -> str:
    """Return one line that says what was stopped."""
    if row.kind == Kind.ORGANISATION:
        return gettext("The whole organisation was stopped")
    return gettext("{count} were stopped within the hour").format(count=len(row.identifiers))


def lines(row: Request) -> list[Line]:
    """Return each change, from the payload itself and not from what a form said."""
    return _LINES[Loosening(row.act)](what_of(row.payload), standing_of(row.payload))


def names(kind: str, identifiers: list[str]) -> list[str]:
    """Return the names of the first NAMED things."""
    model = _MODELS.get(Kind(kind))
    if model is None:
        return []
    rows: Mapping[Any, Model] = model._default_manager.in_bulk(identifiers[:NAMED])  # noqa: SLF001 Django's name
    return [str(rows.get(identifier, identifier)) for identifier in identifiers[:NAMED]]


def _added_title(what: What) -> str:
    return gettext("Add the account {name}").format(name=what["name"])


def _changed_title(what: What) -> str:
    return gettext("Extend the permissions of {name}").format(name=what["name"])


def _reset_title(what: What) -> str:
    return gettext("Clear password and second factor of {name}").format(name=_account_name(what["account"]))


def _resume_title(what: What) -> str:
    if what["kind"] == Kind.ORGANISATION:
        return gettext("Resume the whole organisation")
    if len(what["identifiers"]) == 1:
        return gettext("Resume {name}").format(name=names(what["kind"], what["identifiers"])[0])
    return gettext("Resume {count} at once").format(count=len(what["identifiers"]))


def _original_title(what: What) -> str:
    return gettext("{name} is the original").format(name=names(Kind.STICK, [what["stick"]])[0])


def _code_title(what: What) -> str:
    return gettext("Reset the PIN of {name} by a one-time code").format(name=names(Kind.USER, [what["user"]])[0])


def _profile_title(what: What) -> str:
    return gettext("Loosen the profile “{name}”").format(name=what["name"])


def _assigned_title(what: What) -> str:
    found = Profile.objects.filter(pk=what["profile"]).first()
    holder = names(Kind(what["level"]), [what["id"]])
    whom = holder[0] if holder else gettext("the whole organisation")
    if found is None:
        return gettext("{whom} gets no profile of its own").format(whom=whom)
    return gettext("{whom} gets the profile “{name}”").format(whom=whom, name=found)


def _added_lines(what: What, _standing: Any) -> list[Line]:
    return [(title, "", _value(field, what[field])) for field, title in _ACCOUNT.items()]


def _changed_lines(what: What, standing: Any) -> list[Line]:
    changed = [field for field in _ACCOUNT if what[field] != standing[field]]
    return [(_ACCOUNT[field], _value(field, standing[field]), _value(field, what[field])) for field in changed]


def _reset_lines(what: What, _standing: Any) -> list[Line]:
    return [(_account_name(what["account"]), gettext("set"), gettext("cleared; a first password lets in again"))]


def _account_name(identifier: str) -> str:
    found = Administrator.objects.filter(pk=identifier).first()
    return found.name if found else identifier


def _value(field: str, value: Any) -> str:
    if field == "role":
        return str(Role(value).label)
    if field == "departments":
        return "、".join(names(Kind.DEPARTMENT, value)) or "–"
    if field == "active":
        return gettext("yes") if value else gettext("no")
    return str(value) or "–"


def _resume_lines(what: What, _standing: Any) -> list[Line]:
    stopped, active = gettext("suspended"), gettext("works again")
    return [(name, stopped, active) for name in names(what["kind"], what["identifiers"])]


def _left_title(what: What) -> str:
    return gettext("Mark {count} users as left").format(count=len(what["users"]))


def _left_lines(what: What, _standing: Any) -> list[Line]:
    listed = gettext("works here")
    return [(name, listed, gettext("left; the PIN is destroyed")) for name in names(Kind.USER, what["users"])]


def _back_title(what: What) -> str:
    return gettext("Bring back {count} users who had left").format(count=len(what["users"]))


def _back_lines(what: What, _standing: Any) -> list[Line]:
    again = gettext("as before, without a PIN")
    return [(name, gettext("left"), again) for name in names(Kind.USER, what["users"])]


def _carrier_lines(_what: What, _standing: Any) -> list[Line]:
    return [(gettext("TCP 443 of every gateway"), gettext("silent"), gettext("open to the internet"))]


def _rekey_lines(what: What, standing: Any) -> list[Line]:
    ends = [(gettext("The re-key that runs now"), gettext("open"), gettext("ends"))] if standing else []
    return [*ends, (gettext("Days until late sticks are listed"), "", str(what["days"]))]


def _my_number_title(what: What) -> str:
    found = OfficePC.objects.filter(pk=what["office_pc"]).first()
    return gettext("Take {name} out of the My Number zone").format(name=found or what["office_pc"])


def _my_number_lines(what: What, standing: Any) -> list[Line]:
    name, address, port, zone = standing
    return [(f"{name} ({address}:{port})", str(ZONES[zone]), str(ZONES[what["zone"]]))]


def _original_lines(what: What, _standing: Any) -> list[Line]:
    becomes = gettext("works again with generation {number}").format(number=what["generation"])
    return [(names(Kind.STICK, [what["stick"]])[0], gettext("in quarantine"), becomes)]


def _code_lines(what: What, _standing: Any) -> list[Line]:
    (name,) = names(Kind.USER, [what["user"]])
    return [(gettext("PIN of {name}").format(name=name), gettext("set"), gettext("destroyed"))]


def _profile_lines(what: What, standing: Any) -> list[Line]:
    found = field_differences(standing[1], what["fields"])
    return [(LABELS[field].title, said(field, old), said(field, new)) for field, old, new in found]


def _assigned_lines(_what: What, standing: Any) -> list[Line]:
    _holder, left, before, comes, after = standing
    inherited = gettext("as above")
    profile = (gettext("Profile"), left or inherited, comes or inherited)
    changed = field_differences(before, after)
    return [profile, *((LABELS[field].title, said(field, old), said(field, new)) for field, old, new in changed)]


_ACCOUNT: Final = {
    "name": gettext_lazy("User name"),
    "person": gettext_lazy("Staff number"),
    "mail": gettext_lazy("Mail address"),
    "role": gettext_lazy("Role"),
    "departments": gettext_lazy("Departments"),
    "active": gettext_lazy("May sign in"),
}
"""What a request about a console account may change, in the order of its form."""

_MODELS: Final[dict[Kind, type[Model]]] = {Kind.DEPARTMENT: Department, Kind.STICK: Stick, Kind.USER: User}

_TITLES: Final[dict[Loosening, Callable[[What], str]]] = {
    Loosening.ADD_ADMINISTRATOR: _added_title,
    Loosening.ALLOW_CARRIER: lambda _what: gettext("Open the carrier"),
    Loosening.ASSIGN_PROFILE: _assigned_title,
    Loosening.CHANGE_ADMINISTRATOR: _changed_title,
    Loosening.CHANGE_PROFILE: _profile_title,
    Loosening.COME_BACK: _back_title,
    Loosening.CONFIRM_ORIGINAL: _original_title,
    Loosening.EXPORT_AUDIT: lambda _what: gettext("Export the audit log"),
    Loosening.ISSUE_CODE: _code_title,
    Loosening.LEAVE_MY_NUMBER: _my_number_title,
    Loosening.MARK_LEFT: _left_title,
    Loosening.RESET_ADMINISTRATOR: _reset_title,
    Loosening.RESUME: _resume_title,
    Loosening.START_REKEY: lambda _what: gettext("Give every stick new keys"),
}

_LINES: Final[dict[Loosening, Callable[[What, Any], list[Line]]]] = {
    Loosening.ADD_ADMINISTRATOR: _added_lines,
    Loosening.ALLOW_CARRIER: _carrier_lines,
    Loosening.ASSIGN_PROFILE: _assigned_lines,
    Loosening.CHANGE_ADMINISTRATOR: _changed_lines,
    Loosening.CHANGE_PROFILE: _profile_lines,
    Loosening.COME_BACK: _back_lines,
    Loosening.CONFIRM_ORIGINAL: _original_lines,
    Loosening.EXPORT_AUDIT: lambda _what, _standing: [],
    Loosening.ISSUE_CODE: _code_lines,
    Loosening.LEAVE_MY_NUMBER: _my_number_lines,
    Loosening.MARK_LEFT: _left_lines,
    Loosening.RESET_ADMINISTRATOR: _reset_lines,
    Loosening.RESUME: _resume_lines,
    Loosening.START_REKEY: _rekey_lines,
}
