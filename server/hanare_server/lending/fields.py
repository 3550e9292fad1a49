"""What the forms of lending ask: who, and a day."""

from datetime import date

from hanare_core.problems import Problem
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import names
from hanare_server.directory.models import User


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
