"""The mail to the auditors of an office with one administrator: somebody else must know."""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import send_mass_mail
from django.utils import translation
from django.utils.translation import gettext

from hanare_core import log_lines
from hanare_server.approvals import words
from hanare_server.approvals.models import Request
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role

_log: Final = logging.getLogger(__name__)


def tell_auditors(row: Request) -> None:
    """Mail what is asked for; a mail server that is away costs the mail, the audit log has the request."""
    auditors = Administrator.objects.filter(organisation=row.organisation_id, role=Role.AUDITOR, is_active=True)
    addresses = [address for address in auditors.values_list("mail", flat=True) if address]
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{who} loosens something alone").format(who=row.requester)
        body = gettext("{who} asks for: {what}. It can be carried out in ten minutes, with nobody else's approval.")
        text = body.format(who=row.requester, what=words.title(row))
    try:
        send_mass_mail([(subject, text, None, [address]) for address in addresses])
    except OSError as error:
        log_lines.failure(_log, "the auditors could not be told", error, request=row.pk)
