"""What is overdue is told of once: by mail to the department's contacts, or to the administrators where it has none.

Where the settings say so the stick is suspended as well. Both are repeated harmlessly by every round of the worker.
"""

import logging
from typing import Final

from django.conf import settings
from django.core.mail import send_mass_mail
from django.utils import translation
from django.utils.translation import gettext

from hanare_core import log_lines
from hanare_server.access.act import act
from hanare_server.access.standing import Kind
from hanare_server.access.suspend import suspend
from hanare_server.audit.log import SYSTEM, Act, Thing
from hanare_server.clock import now_ms
from hanare_server.console import addresses as addresses_of
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.console.templatetags.hanare import day_and_time
from hanare_server.directory.models import Loan, Organisation, Stick
from hanare_server.lending.models import Reminder
from hanare_server.profiles.resolve import settings_of

_log: Final = logging.getLogger(__name__)
_RELATED: Final = ("stick__department__profile", "user__department__profile", "user__profile")


def round_of(organisation: Organisation) -> int:
    """Remind of every loan that became overdue; return how many."""
    overdue = Loan.objects.filter(organisation=organisation, returned_ms=None, due_ms__lt=now_ms(), reminder=None)
    found = list(overdue.select_related(*_RELATED))
    for loan in found:
        _remind(organisation, loan)
    return len(found)


def _remind(organisation: Organisation, loan: Loan) -> None:
    if settings_of(organisation, loan.user).overdue_suspends and loan.stick.state == Stick.State.ACTIVE:
        suspend(organisation.pk, SYSTEM, Kind.STICK, loan.stick_id)
    sent = _mail(organisation, loan)
    with act(organisation.pk, SYSTEM) as opened:
        made = {"sent_ms": now_ms(), "mails": sent, "organisation": opened.organisation}
        _, added = Reminder.objects.get_or_create(loan=loan, defaults=made)
        if added:
            opened.write(Act.REMINDED, Thing("stick", loan.stick_id), {"user": loan.user_id, "mails": str(sent)})


def _mail(organisation: Organisation, loan: Loan) -> int:
    """Send the mail; return to how many. A mail server that is away costs the mail, not the reminder."""
    addresses = _addresses(organisation, loan)
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext("{stick} is overdue").format(stick=loan.stick)
        body = gettext(
            "{stick}, lent to {user}, was due on {day} and has not been brought back.\n\n"
            "Ask {user} to bring it back, then take it back here; if it cannot be found, report it lost here:\n{link}"
        )
        day = day_and_time(loan.due_ms)[:10]
        text = body.format(stick=loan.stick, user=loan.user, day=day, link=addresses_of.absolute("lending:ledger"))
    try:
        return int(send_mass_mail([(subject, text, None, [address]) for address in addresses]) or 0)
    except OSError as error:
        log_lines.failure(_log, "a reminder could not be mailed", error, loan=loan.pk)
        return 0


def _addresses(organisation: Organisation, loan: Loan) -> list[str]:
    known = Administrator.objects.filter(organisation=organisation, is_active=True).exclude(mail="")
    contacts = known.filter(role=Role.CONTACT, departments=loan.stick.department)
    others = known.filter(role__in=[Role.OPERATOR, Role.ADMINISTRATOR])
    found = list(contacts.values_list("mail", flat=True)) or list(others.values_list("mail", flat=True))
    return sorted(set(found))
