"""The one function that decides access. Pure: everything it may know stands in the question.

The reasons come in the order of docs/protocol.md ("Decision"): organisation, stick, user, permission, loan,
hours, office PC and zone, image, virtual machine, factors, another session. All that apply are returned, so that an
administrator sees them together; the worker is told the first. Nothing here is an exception to something else: a
reason is there or it is not.
"""

import dataclasses
from collections.abc import Callable
from typing import Final

from hanare_core.problems import Code
from hanare_core.ticket import Factor

FORBIDDEN_ZONE: Final = "mynumber"
"""個人番号利用事務系: no telework reaches it, whatever a profile says (三層の対策)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hours:
    """When work is allowed, in the organisation's local time."""

    weekdays: frozenset[int]
    """ISO weekdays; 1 is Monday."""
    from_minute: int
    until_minute: int
    """Minutes after midnight; the end is not included."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """May this user work on this stick now? All facts, gathered by `hanare_server.access.facts`."""

    organisation_on: bool
    stick_state: str
    stick_department: str | None
    stick_holder: str | None
    """The user who has the stick on loan; None: nobody."""
    user: str
    user_state: str
    user_department: str
    department_suspended: bool
    permitted_until_ms: int | None
    loan_rule: str
    hours: Hours
    weekday: int
    minute: int
    now_ms: int
    office_pc_zone: str | None
    """None: the user has no office PC."""
    zones: frozenset[str]
    """Zones that the profile allows; empty: every one but the forbidden."""
    image: int
    image_floor: int
    virtual: bool
    """The stick says that it is inside a virtual machine."""
    vm_allowed: bool
    factors_given: frozenset[Factor]
    factors_wanted: frozenset[Factor]
    """The PIN, and if others stand there, one of them."""
    session_elsewhere: bool
    """The user has an open session on another stick: one person has one session (a stick's own is replaced)."""


def decide(question: Question) -> list[Code]:
    """Return every reason against access in the order of the rules; empty: yes."""
    found = (rule(question) for rule in _RULES)
    return [code for code in found if code is not None]


def stick_standing(state: str) -> Code | None:
    """Return the code of a stick's own standing; None: it may be used. Any state that is not known refuses."""
    return None if state == "active" else _STICK_CODES.get(state, Code.STICK_UNKNOWN)


def _organisation(question: Question) -> Code | None:
    return None if question.organisation_on else Code.ORGANISATION_OFF


def _stick(question: Question) -> Code | None:
    return stick_standing(question.stick_state)


def _user(question: Question) -> Code | None:
    if question.user_state == "active":
        return None
    return Code.USER_SUSPENDED if question.user_state == "suspended" else Code.NOT_PERMITTED


def _department(question: Question) -> Code | None:
    return Code.DEPARTMENT_SUSPENDED if question.department_suspended else None


def _permission(question: Question) -> Code | None:
    if question.permitted_until_ms is None or question.now_ms < question.permitted_until_ms:
        return None
    return Code.PERMISSION_EXPIRED


def _loan(question: Question) -> Code | None:
    kept = {
        "none": True,
        "department": question.stick_department == question.user_department,
        "holder": question.stick_holder == question.user,
    }
    return None if kept.get(question.loan_rule, False) else Code.LOAN_MISSING


def _hours(question: Question) -> Code | None:
    hours = question.hours
    within = hours.from_minute <= question.minute < hours.until_minute
    return None if within and question.weekday in hours.weekdays else Code.OUT_OF_HOURS


def _office_pc(question: Question) -> Code | None:
    return Code.NO_OFFICE_PC if question.office_pc_zone is None else None


def _zone(question: Question) -> Code | None:
    zone = question.office_pc_zone
    if zone is None:
        return None
    allowed = not question.zones or zone in question.zones
    return None if allowed and zone != FORBIDDEN_ZONE else Code.WRONG_ZONE


def _image(question: Question) -> Code | None:
    return None if question.image >= question.image_floor else Code.IMAGE_TOO_OLD


def _machine(question: Question) -> Code | None:
    return Code.VIRTUAL_MACHINE if question.virtual and not question.vm_allowed else None


def _factors(question: Question) -> Code | None:
    second = question.factors_wanted - {Factor.PIN}
    given = Factor.PIN in question.factors_given and (not second or second & question.factors_given)
    return None if given else Code.FACTOR_WANTED


def _elsewhere(question: Question) -> Code | None:
    return Code.SESSION_ELSEWHERE if question.session_elsewhere else None


_RULES: Final[tuple[Callable[[Question], Code | None], ...]] = (
    _organisation,
    _stick,
    _user,
    _department,
    _permission,
    _loan,
    _hours,
    _office_pc,
    _zone,
    _image,
    _machine,
    _factors,
    _elsewhere,
)

_STICK_CODES: Final = {
    "suspended": Code.SUSPENDED,
    "quarantined": Code.STICK_QUARANTINED,
    "locked": Code.STICK_LOCKED,
}
