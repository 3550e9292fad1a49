"""The page of one job: how far it is, while it runs asked for anew every second; and the button that cancels it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_core.sentences import Sentence
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.roles import Permission
from hanare_server.directory.transfer.job import transfer_of
from hanare_server.jobs.asked import cancel
from hanare_server.jobs.models import Job


@permitted(Permission.DIRECTORY_EDIT)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show how far a job is."""
    job = scope.one(administrator(request), Job, identifier)
    transfer = transfer_of(job)
    context = {
        "heading": transfer.heading,
        "lead": gettext("The work goes on when you close this page."),
        "job": job,
        "kind": transfer.kind,
        "list_address": reverse(f"directory:{job.subject}"),
        "import_address": reverse(f"directory:{job.subject}-import"),
        "reason": _reason(job),
    }
    return render(request, "jobs/one.html", context)


@permitted(Permission.DIRECTORY_EDIT)
@require_POST
def end(request: HttpRequest, identifier: str) -> HttpResponse:
    """Cancel a job that has not ended."""
    job = scope.one(administrator(request), Job, identifier)
    if not cancel(job):
        messages.warning(request, gettext("It had ended already."))
    return redirect("jobs:one", job.pk)


def _reason(job: Job) -> Sentence | None:
    code = job.result.get("code")
    return sentences.for_staff(Code(code), reader_language(), help_desk=job.organisation.help_desk) if code else None
