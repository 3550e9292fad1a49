"""The evidence pack's page and its PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.roles import Permission
from hanare_server.evidence import documents
from hanare_server.evidence.items import lines


@permitted(Permission.EVIDENCE_READ)
@require_safe
def evidence(request: HttpRequest) -> HttpResponse:
    """Show the items as they stand now."""
    context = {
        "heading": gettext("Evidence pack"),
        "lead": gettext(
            "What the ministry's documents ask for against the settings in force: evidence to judge by, no certificate."
        ),
        "lines": lines(documents.facts_of(administrator(request).here), reader_language()),
    }
    return render(request, "evidence/page.html", context)


@permitted(Permission.EVIDENCE_READ)
@require_safe
def document(request: HttpRequest) -> HttpResponse:
    """Give the pack as PDF, with the log sealed up to now."""
    return documents.document_of(administrator(request).here)
