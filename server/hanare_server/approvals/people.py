"""Who may decide: another account, of another natural person, with a second factor and the permission."""

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from hanare_server.console.models import Administrator
from hanare_server.console.roles import GRANTS, Permission, may
from hanare_server.console.sign_in import FACTORS, has_factor


def may_decide(account: Administrator, asker: Administrator, subject: str = "") -> bool:
    """Return whether the account may say yes to what the other one did or asks for; subject: whom it is about.

    The account that a sealed code opens has no second factor: whoever holds the envelope is not a second person.
    """
    same = account.pk == asker.pk or bool(account.person and account.person == asker.person)
    return not same and account.pk != subject and may(account.role, Permission.APPROVE) and has_factor(account)


def is_alone(asker: Administrator, subject: str = "") -> bool:
    """Return whether the account could approve, and nobody else can: an office with one administrator.

    Whom a request is about does not count: the other one of two administrators, who has lost the telephone.
    """
    if not (may(asker.role, Permission.APPROVE) and has_factor(asker)):
        return False
    others = able(asker).exclude(pk__in=[asker.pk, subject])
    return not (others.exclude(person=asker.person) if asker.person else others).exists()


def able(asker: Administrator) -> QuerySet[Administrator]:
    """Return the accounts of the office that could approve something."""
    roles = [role for role, granted in GRANTS.items() if Permission.APPROVE in granted]
    proven = Authenticator.objects.filter(type__in=FACTORS).values("user")
    return Administrator.objects.filter(
        organisation=asker.organisation_id, is_active=True, role__in=roles, pk__in=proven
    )
