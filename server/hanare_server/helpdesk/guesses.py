"""How often a PIN may still be mistyped, as keyd counts it: for people who are asked why a sign-in does not work."""

from typing import Final, NamedTuple

from django.utils.translation import gettext

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.console.templatetags.hanare import day_and_time


class Line(NamedTuple):
    """One budget in words."""

    title: str
    text: str
    locked: bool


_NOBODY: Final = "nobody"
"""Stands for a user where only the stick is asked about: keyd has counted nothing for it."""


def of(organisation: str, user: str, stick: str) -> keyd.GuessesAnswer | None:
    """Return what is left for this user on this stick; None when keyd does not answer."""
    request = keyd.GuessesRequest(organisation=organisation, user=user or _NOBODY, stick=stick or _NOBODY)
    try:
        return keyd_client.ask(request, keyd.GuessesAnswer)
    except Problem:
        return None


def locks(left: keyd.GuessesAnswer | None) -> list[Code]:
    """Return the codes with which a sign-in is refused by these counts, as keyd would."""
    if left is None:
        return []
    found = [
        (Code.STICK_LOCKED, left.stick.left),
        (Code.USER_LOCKED, left.user.left),
        (Code.PIN_LOCKED, min(left.pair.left, left.pair_in_a_row.left)),
    ]
    return [code for code, number in found if not number]


def lines(left: keyd.GuessesAnswer) -> list[Line]:
    """Return all budgets in words, from the nearest to the widest."""
    return [
        _line(gettext("On this stick, in a row"), left.pair_in_a_row),
        _line(gettext("On this stick, within 90 days"), left.pair),
        user_line(left),
        stick_line(left),
    ]


def user_line(left: keyd.GuessesAnswer) -> Line:
    """Return the user's budget over all sticks."""
    return _line(gettext("This user on all sticks, within 90 days"), left.user)


def stick_line(left: keyd.GuessesAnswer) -> Line:
    """Return the stick's budget over all users."""
    return _line(gettext("All users on this stick, in a row"), left.stick)


def _line(title: str, budget: keyd.Budget) -> Line:
    if budget.left:
        text = gettext("{left} of {limit} wrong PINs left").format(left=budget.left, limit=budget.limit)
        return Line(title, text, locked=False)
    if budget.until_ms:
        return Line(title, gettext("locked until {time}").format(time=day_and_time(budget.until_ms)), locked=True)
    return Line(title, gettext("locked until somebody unlocks it"), locked=True)
