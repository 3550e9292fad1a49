"""The evidence pack's page and its PDF."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hanare_server.audit import seal
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.roles import Permission
from hanare_server.evidence import pack
from hanare_server.evidence.facts import gather
from hanare_server.evidence.items import lines


@permitted(Permission.EVIDENCE_READ)
@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    """Show the items as they stand now."""
    account = administrator(request)
    facts = gather(account.here, off_box=bool(settings.HANARE.syslog))
    context = {
        "heading": gettext("Evidence pack"),
        "lead": gettext(
            "What the ministry's documents ask for against the settings in force: evidence to judge by, no certificate."
        ),
        "lines": lines(facts, reader_language()),
    }
    return render(request, "evidence/page.html", context)


@permitted(Permission.EVIDENCE_READ)
@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Give the pack as PDF, with the log sealed up to now."""
    account = administrator(request)
    seal.seal(account.here)
    facts = gather(account.here, off_box=bool(settings.HANARE.syslog))
    moment = datetime.now(ZoneInfo(account.here.time_zone))
    answer = HttpResponse(pack.pdf(facts, moment), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{moment:%Y-%m-%d}.pdf"'
    return answer
