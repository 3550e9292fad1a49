"""The mails about a request: to the auditors of an office with one administrator, and to whom the request is about."""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import send_mass_mail
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from hanare_core import log_lines
from hanare_server.approvals import solitude, words
from hanare_server.approvals.models import Request
from hanare_server.console import addresses
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role

_log: Final = logging.getLogger(__name__)


def tell_auditors(row: Request) -> None:
    """Mail what somebody loosens alone, also to those who were auditors until lately."""
    auditors = Q(role=Role.AUDITOR, is_active=True) | Q(pk__in=solitude.former_auditors(row.organisation_id))
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} loosens something alone").format(who=row.requester)
        body = gettext("{who} asks for: {what}. It can be carried out in ten minutes, with nobody else's approval.")
        _send(row, auditors, subject, body.format(who=row.requester, what=words.title(row)))


def tell_subject(row: Request, account: str) -> None:
    """Mail the account that the request is about, if it is about a known one, to the address that it still has."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} asks for a change of your console account").format(who=row.requester)
        body = gettext(
            "{who} asks for: {what}. If you do not know of it, sign in and refuse it under Approvals, or telephone "
            "another administrator or an auditor at once. An office with one other administrator may carry it out in "
            "ten minutes."
        )
        _send(row, Q(pk=account), subject, body.format(who=row.requester, what=words.title(row)))


def _send(row: Request, whom: Q, subject: str, text: str) -> None:
    """Send one mail each, with where to look; one that cannot be sent is in the audit log all the same."""
    found = Administrator.objects.filter(whom, organisation=row.organisation_id).exclude(mail="")
    told = sorted(set(found.values_list("mail", flat=True)))
    text = f"{text}\n\n{addresses.absolute('approvals:approvals')}"
    try:
        send_mass_mail([(subject, text, None, [address]) for address in told])
    except OSError as error:
        log_lines.failure(_log, "a mail about a request could not be sent", error, request=row.pk)
