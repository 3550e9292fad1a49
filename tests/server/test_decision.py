"""The one function that decides access: each reason alone, their order, and that nothing else passes."""

import dataclasses
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_core.ticket import Factor
from hanare_server.access.decision import Hours, Question, decide, stick_standing

YES = Question(
    organisation_on=True,
    stick_state="active",
    stick_department="general",
    stick_holder="usr-1",
    user="usr-1",
    user_state="active",
    user_department="general",
    department_suspended=False,
    permitted_until_ms=2_000,
    loan_rule="department",
    hours=Hours(weekdays=frozenset({1, 2, 3, 4, 5}), from_minute=510, until_minute=1035),
    weekday=2,
    minute=600,
    now_ms=1_000,
    office_pc_zone="lgwan",
    zones=frozenset({"lgwan", "internal"}),
    image=5,
    image_floor=5,
    virtual=False,
    vm_allowed=False,
    factors_given=frozenset({Factor.PIN, Factor.TOTP}),
    factors_wanted=frozenset({Factor.PIN, Factor.TOTP}),
    session_elsewhere=False,
)

REFUSALS = [
    ({"organisation_on": False}, Code.ORGANISATION_OFF),
    ({"stick_state": "suspended"}, Code.SUSPENDED),
    ({"user_state": "suspended"}, Code.USER_SUSPENDED),
    ({"department_suspended": True}, Code.DEPARTMENT_SUSPENDED),
    ({"permitted_until_ms": 1_000}, Code.PERMISSION_EXPIRED),
    ({"stick_department": "other"}, Code.LOAN_MISSING),
    ({"minute": 1035}, Code.OUT_OF_HOURS),
    ({"office_pc_zone": "internet"}, Code.WRONG_ZONE),
    ({"image": 4}, Code.IMAGE_TOO_OLD),
    ({"virtual": True}, Code.VIRTUAL_MACHINE),
    ({"factors_given": frozenset({Factor.PIN})}, Code.FACTOR_WANTED),
    ({"session_elsewhere": True}, Code.SESSION_ELSEWHERE),
]

OTHERS = [
    ({"factors_given": frozenset({Factor.TOTP})}, Code.FACTOR_WANTED),
    ({"factors_given": frozenset({Factor.PIN, Factor.FIDO2})}, Code.FACTOR_WANTED),
    ({"factors_given": frozenset(), "factors_wanted": frozenset({Factor.PIN})}, Code.FACTOR_WANTED),
    ({"stick_state": "quarantined"}, Code.STICK_QUARANTINED),
    ({"stick_state": "locked"}, Code.STICK_LOCKED),
    ({"stick_state": "revoked"}, Code.STICK_UNKNOWN),
    ({"stick_state": "replaced"}, Code.STICK_UNKNOWN),
    ({"stick_state": "a state that is not known"}, Code.STICK_UNKNOWN),
    ({"user_state": "gone"}, Code.NOT_PERMITTED),
    ({"user_state": "a state that is not known"}, Code.NOT_PERMITTED),
    ({"stick_department": None}, Code.LOAN_MISSING),
    ({"loan_rule": "holder", "stick_holder": "usr-2"}, Code.LOAN_MISSING),
    ({"loan_rule": "holder", "stick_holder": None}, Code.LOAN_MISSING),
    ({"loan_rule": "a rule that is not known"}, Code.LOAN_MISSING),
    ({"minute": 509}, Code.OUT_OF_HOURS),
    ({"weekday": 6}, Code.OUT_OF_HOURS),
    ({"office_pc_zone": None}, Code.NO_OFFICE_PC),
    ({"office_pc_zone": "mynumber", "zones": frozenset({"mynumber"})}, Code.WRONG_ZONE),
    ({"office_pc_zone": "mynumber", "zones": frozenset()}, Code.WRONG_ZONE),
    ({"factors_given": frozenset()}, Code.FACTOR_WANTED),
]

PERMITTED = [
    {"permitted_until_ms": None},
    {"permitted_until_ms": 1_001},
    {"loan_rule": "none", "stick_department": None, "stick_holder": None},
    {"loan_rule": "holder", "stick_department": None},
    {"minute": 510},
    {"minute": 1034},
    {"zones": frozenset()},
    {"image": 6},
    {"virtual": True, "vm_allowed": True},
    {"factors_wanted": frozenset({Factor.PIN})},
    {"factors_wanted": frozenset({Factor.PIN, Factor.TOTP, Factor.FIDO2})},
]


def test_says_yes_without_a_reason() -> None:
    """When everything holds there is no reason."""
    assert decide(YES) == []


@pytest.mark.parametrize(("change", "code"), [*REFUSALS, *OTHERS])
def test_gives_each_reason_alone(change: dict[str, object], code: Code) -> None:
    """One thing that does not hold gives exactly its reason."""
    assert decide(dataclasses.replace(YES, **change)) == [code]  # type: ignore[arg-type] # one field of many types


@pytest.mark.parametrize("change", PERMITTED)
def test_permits_what_the_rules_permit(change: dict[str, object]) -> None:
    """The edges of each rule are on the right side."""
    assert decide(dataclasses.replace(YES, **change)) == []  # type: ignore[arg-type] # one field of many types


@pytest.mark.parametrize(("first", "second"), list(combinations(REFUSALS, 2)))
def test_gives_reasons_in_the_order_of_the_rules(
    first: tuple[dict[str, object], Code], second: tuple[dict[str, object], Code]
) -> None:
    """Of two things that do not hold both are told, in the order of the rules."""
    question = dataclasses.replace(YES, **first[0], **second[0])  # type: ignore[arg-type] # as above
    assert decide(question) == [first[1], second[1]]


@given(st.text())
def test_only_an_active_stick_stands(state: str) -> None:
    """No state but `active` lets a stick in."""
    assert (stick_standing(state) is None) == (state == "active")


@pytest.mark.parametrize("code", sorted({code for _, code in [*REFUSALS, *OTHERS]}))
def test_every_reason_is_said_in_both_languages(code: Code) -> None:
    """Each reason has a sentence for what happened and one for what to do, different in each language."""
    said = [sentences.sentence(code, language, help_desk="03") for language in sentences.LANGUAGES]
    assert all(one.title and one.next for one in said)
    assert len({one.title for one in said}) == len(sentences.LANGUAGES)
