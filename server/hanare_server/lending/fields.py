"""What the forms of lending ask: who, and a day."""

from datetime import date
from typing import Final

from django.db.models import QuerySet

from hanare_core.problems import Problem
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import Stick, User

SUGGESTED: Final = 500
"""Users that the form suggests while one types: a department has fewer."""


def suggested(account: Administrator, stick: Stick) -> QuerySet[User]:
    """Return whom the form suggests: those who work, of the stick's department where it has one."""
    users = scope.rows(account, User).filter(state=User.State.ACTIVE)
    if stick.department_id:
        users = users.filter(department=stick.department_id)
    return users.order_by("name")[:SUGGESTED]


def borrower(account: Administrator, name: str) -> User | None:
    """Return the user of that sign-in name, if the account may see them."""
    try:
        key = names.normalise(name)
    except Problem:
        return None
    return scope.rows(account, User).filter(name_key=key).first()


def day_of(text: str) -> date | None:
    """Return the day that a browser's field gives; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
