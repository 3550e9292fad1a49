"""Who may decide: another account, of another natural person, with a second factor and the permission.

Nobody becomes the second person, or the only one, by the own deed: the account of a sealed code decides nothing and
has nothing decided, who has closed or changed another approver waits (`solitude`), and so do two of whom one has handed
the other the first password (`introduction`). An account without a staff number is nobody in particular: whether it is
another person cannot be told.
"""

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from hanare_server.approvals import introduction, solitude
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import GRANTS, Permission, may
from hanare_server.console.sign_in import FACTORS, has_factor


def may_decide(account: Administrator, asker: Administrator, subject: str = "") -> bool:
    """Return whether the account may say yes to what the other one did or asks for; subject: whom it is about.

    Whoever holds the envelope of the sealed code may be the other of the two.
    """
    if account.is_sealed or asker.is_sealed:
        return False
    return are_two(account, asker) and account.pk != subject and is_able(account)


def are_two(account: Administrator, other: Administrator) -> bool:
    """Return whether these two accounts are known to be two people."""
    known = bool(account.person and other.person) and account.person != other.person
    return known and account.pk != other.pk and not introduction.until_ms(account, other)


def is_able(account: Administrator) -> bool:
    """Return whether the account could approve something of somebody."""
    return may(account.role, Permission.APPROVE) and has_factor(account)


def is_alone(asker: Administrator, subject: str = "") -> bool:
    """Return whether the account may decide alone now: an office with one administrator."""
    from_ms = alone_from_ms(asker, subject)
    return from_ms is not None and from_ms <= now_ms()


def alone_from_ms(asker: Administrator, subject: str = "") -> int | None:
    """Return from when the account may decide alone; None as long as somebody else can approve, or it never could.

    Whom a request is about does not count: the other one of two administrators, who has lost the telephone.
    """
    if asker.is_sealed or not is_able(asker):
        return None
    others = able(asker).exclude(pk__in=[asker.pk, subject])
    different = others.exclude(person=asker.person) if asker.person else others
    if any(not introduction.until_ms(asker, other) for other in different):
        return None
    return solitude.until_ms(asker)


def able(asker: Administrator) -> QuerySet[Administrator]:
    """Return the accounts of the office that could approve something."""
    roles = [role for role, granted in GRANTS.items() if Permission.APPROVE in granted]
    proven = Authenticator.objects.filter(type__in=FACTORS).values("user")
    return Administrator.objects.filter(
        organisation=asker.organisation_id, is_active=True, sealed_until_ms=None, role__in=roles, pk__in=proven
    )
