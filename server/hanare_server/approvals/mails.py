"""The mails about approvals: to the auditors of an office with one administrator, and to whom something is about."""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import send_mass_mail
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext

from hanare_core import log_lines
from hanare_server.approvals import solitude, words
from hanare_server.approvals.models import MassStop, Request
from hanare_server.console import addresses
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role

_NO_MAIL: Final = "django.core.mail.backends.dummy.EmailBackend"
"""Where the server's settings name no mail server."""

_log: Final = logging.getLogger(__name__)


def tell_auditors(row: Request) -> None:
    """Mail what somebody loosens alone, also to those who were auditors until lately."""
    auditors = _auditors(row.organisation_id)
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} loosens something alone").format(who=row.requester)
        body = gettext("{who} asks for: {what}. It can be carried out in ten minutes, with nobody else's approval.")
        text = body.format(who=row.requester, what=words.title(row))
    _send(row.organisation_id, auditors, subject, text, row.pk)


def tell_of_stop(row: MassStop, who: Administrator) -> None:
    """Mail the auditors that the only administrator has made a stop of many stand."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} alone lets a stop of many stand").format(who=who)
        body = gettext("{who} has confirmed it by second factor: {what}. It stays until somebody resumes it.")
        text = body.format(who=who, what=words.stop_title(row))
    _send(row.organisation_id, _auditors(row.organisation_id), subject, text, row.pk)


def tell_of_first_password(account: Administrator, issuer: Administrator) -> None:
    """Mail the owner of an account, and the auditors, that somebody has made its first password and read it."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("First password for the console account {name}").format(name=account)
        body = gettext(
            "{who} has made the first password of the account {name}. Its owner gets it from {who} in person or by "
            "telephone, and signs in with it once. If you are the owner and have not got it, or it does not let you "
            "in, tell an auditor or your security officer at once: somebody else may be in your account."
        )
        text = body.format(who=issuer, name=account)
    organisation = account.organisation_id
    _send(organisation, _auditors(organisation) | Q(pk=account.pk), subject, text, account.pk)


def auditors_told(organisation: str) -> int | None:
    """Return how many addresses hear what somebody loosens alone; None: this server sends no mail at all."""
    if settings.EMAIL_BACKEND == _NO_MAIL:
        return None
    return _addresses(organisation, _auditors(organisation)).count()


def tell_subject(row: Request, account: str) -> None:
    """Mail the account that the request is about, if it is about a known one, to the address that it still has."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} asks for a change of your console account").format(who=row.requester)
        body = gettext(
            "{who} asks for: {what}. If you do not know of it, sign in and refuse it under Approvals, or telephone "
            "another administrator or an auditor at once. An office with one other administrator may carry it out in "
            "ten minutes."
        )
        text = body.format(who=row.requester, what=words.title(row))
    _send(row.organisation_id, Q(pk=account), subject, text, row.pk)


def _auditors(organisation: str) -> Q:
    return Q(role=Role.AUDITOR, is_active=True) | Q(pk__in=solitude.former_auditors(organisation))


def _addresses(organisation: str, whom: Q) -> QuerySet[Administrator, str]:
    found = Administrator.objects.filter(whom, organisation=organisation).exclude(mail="")
    return found.order_by().values_list("mail", flat=True).distinct()


def _send(organisation: str, whom: Q, subject: str, text: str, about: str) -> None:
    """Send one mail each, with where to look; one that cannot be sent is in the audit log all the same."""
    told = sorted(_addresses(organisation, whom))
    text = f"{text}\n\n{addresses.absolute('approvals:approvals')}"
    try:
        send_mass_mail([(subject, text, None, [address]) for address in told])
    except OSError as error:
        log_lines.failure(_log, "a mail about an approval could not be sent", error, about=about)
