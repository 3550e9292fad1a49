"""The acts on console accounts: add, change, close, reset, and the first password of one that nobody has entered yet.

What grants more than before takes two people (`loosens`); what grants less works at once. A wish is JSON, so that it
can stand in a request for approval: {account, name, person, mail, role, departments, active}. Provider accounts see
every organisation, so no console makes or mends one: only closing them is possible here. So it is with a
sealed code's account, which nobody owns.
"""

from collections.abc import Mapping
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import GRANTS, Role
from hanare_server.directory.models import Department, Organisation

GRANTABLE: Final = tuple(role for role in Role if role is not Role.PROVIDER)
"""Roles that administrators give one another."""

FIRST_PASSWORD_MS: Final = 3 * DAY_MS
"""So long a first password holds, as a user's one-time code does."""

SEALED_PREFIX: Final = "sealed-code-"
"""Of the names of sealed codes' accounts: nobody else's account stands in their place."""

Wish = Mapping[str, Any]


def values_of(account: Administrator) -> dict[str, Any]:
    """Return what a wish may change, as JSON."""
    return {
        "name": account.name,
        "person": account.person,
        "mail": account.mail,
        "role": account.role,
        "departments": sorted(account.departments.values_list("pk", flat=True)),
        "active": account.is_active,
    }


def loosens(account: Administrator, wish: Wish) -> bool:
    """Return whether the wish gives the account more than it has: permissions, rows, or another natural person.

    Another mail address does so as well: at the present one the owner hears what others do with the account, and an
    auditor what somebody loosens alone.
    """
    if (wish["active"] and not account.is_active) or wish["mail"] != account.mail:
        return True
    if wish["person"] != account.person or not GRANTS[Role(wish["role"])] <= GRANTS[Role(account.role)]:
        return True
    if account.role != Role.CONTACT:
        return False
    return wish["role"] != Role.CONTACT or not set(wish["departments"]) <= set(values_of(account)["departments"])


def standing_of(organisation: Organisation, wish: Wish, *, new: bool) -> Any:
    """Return how the account stands, for a request's payload.

    Raises Problem(NOT_FOUND), CONFLICT for a name that is taken, NOT_PERMITTED for what no console may change.
    """
    if wish.get("role", Role.VIEWER) not in GRANTABLE:
        raise Problem(Code.NOT_PERMITTED, detail={"path": "role"})
    _departments(organisation, wish)
    if new:
        if is_taken(wish["name"]):
            raise Problem(Code.CONFLICT, detail={"name": wish["name"]})
        return None
    account = one(organisation, wish["account"])
    return {**values_of(account), "epoch": account.sign_in_epoch}


def is_taken(name: str) -> bool:
    """Return whether no new account of any organisation may have this sign-in name."""
    return name.startswith(SEALED_PREFIX) or Administrator.objects.filter(name=name).exists()


def one(organisation: Organisation, identifier: str) -> Administrator:
    """Return an account that the console may change; raises Problem(NOT_FOUND or NOT_PERMITTED)."""
    account = Administrator.objects.filter(organisation=organisation, pk=identifier).first()
    if account is None:
        raise Problem(Code.NOT_FOUND)
    if account.role == Role.PROVIDER or account.is_sealed:
        raise Problem(Code.NOT_PERMITTED, detail={"role": str(account.role)})
    return account


def add(opened: OpenAct, wish: Wish) -> Administrator:
    """Make an account that nobody can enter before it gets a first password."""
    account = Administrator(id=wish["account"], organisation=opened.organisation, name=wish["name"])
    account.set_unusable_password()
    _apply(opened, account, wish)
    opened.write(Act.ADDED, Thing("administrator", account.pk), {"name": account.name, "role": str(account.role)})
    return account


def change(opened: OpenAct, wish: Wish, *, why: str = "") -> Administrator:
    """Give the account other values; its sessions and tokens end with this act. why: what the log is to say of it."""
    account = one(opened.organisation, wish["account"])
    before = values_of(account)
    _apply(opened, account, wish)
    after = values_of(account)
    changed = {name: f"{_said(old)} → {_said(after[name])}" for name, old in before.items() if old != after[name]}
    # The role always: who has touched an approver does not decide alone for a while.
    opened.write(
        Act.CHANGED,
        Thing("administrator", account.pk),
        {"role": before["role"], **changed, **({"why": why} if why else {})},
    )
    return account


def complete(opened: OpenAct, account: Administrator, given: Mapping[str, str]) -> None:
    """Have its owner add the staff number or mail address that the account was made without.

    This loosens nothing: without a staff number the account is no second person for anybody, and nobody was told at no
    address. Raises Problem(CONFLICT) for what it has already.
    """
    account.refresh_from_db()
    for field, value in given.items():
        if getattr(account, field):
            raise Problem(Code.CONFLICT, detail={"path": field})
        setattr(account, field, value)
    account.save(update_fields=list(given))
    detail = {"role": str(account.role), **{field: f" → {value}" for field, value in given.items()}}
    opened.write(Act.CHANGED, Thing("administrator", account.pk), detail)


def close(opened: OpenAct, identifier: str) -> None:
    """Close the account: it is out at once, with its factors, and stays in the log under its name."""
    account = Administrator.objects.filter(organisation=opened.organisation, pk=identifier).first()
    if account is None:
        raise Problem(Code.NOT_FOUND)
    if not account.is_active:
        return
    account.is_active = False
    lock_out(account)
    opened.write(Act.ACCOUNT_CLOSED, Thing("administrator", account.pk), {"role": str(account.role)})


def reset(opened: OpenAct, identifier: str) -> None:
    """Forget password and second factors of somebody who is locked out; a first password lets them in again."""
    account = one(opened.organisation, identifier)
    lock_out(account)
    opened.write(Act.ACCOUNT_RESET, Thing("administrator", account.pk), {"role": str(account.role)})


def may_get_first_password(account: Administrator) -> bool:
    """Return whether nobody has entered the account since it was made or reset."""
    entered = account.has_usable_password() and account.first_password_until_ms is None
    proven = Authenticator.objects.filter(user=account).exists()
    return account.is_active and not entered and not proven


def first_password(opened: OpenAct, account: Administrator) -> str:
    """Return a fresh password for the first sign-in, shown this once; raises Problem(CONFLICT) once it was entered."""
    if not may_get_first_password(account):
        raise Problem(Code.CONFLICT, detail={"account": account.pk})
    password = identifiers.printed_secret()
    account.set_password(password)
    account.first_password_until_ms = now_ms() + FIRST_PASSWORD_MS
    account.sign_in_epoch += 1
    account.save()
    opened.write(Act.FIRST_PASSWORD_ISSUED, Thing("administrator", account.pk))
    return password


def lock_out(account: Administrator) -> None:
    """Forget every way into the account, and end what is open."""
    account.set_unusable_password()
    account.first_password_until_ms = None
    account.sign_in_epoch += 1
    account.save()
    Authenticator.objects.filter(user=account).delete()
    SocialAccount.objects.filter(user=account).delete()


def _apply(opened: OpenAct, account: Administrator, wish: Wish) -> None:
    """Set role, rows and person; an account that was closed comes back without password and factors."""
    if wish["active"] and not account.is_active:
        lock_out(account)
    account.role, account.person, account.mail = wish["role"], wish["person"], wish["mail"]
    account.is_active = wish["active"]
    account.sign_in_epoch += 1
    account.save()
    account.departments.set(_departments(opened.organisation, wish) if account.role == Role.CONTACT else [])


def _departments(organisation: Organisation, wish: Wish) -> list[Department]:
    wanted = wish.get("departments", [])
    found = list(Department.objects.filter(organisation=organisation, pk__in=wanted))
    if len(found) != len(set(wanted)):
        raise Problem(Code.NOT_FOUND, detail={"path": "departments"})
    return found


def _said(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
