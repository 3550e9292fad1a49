"""The pages of a stick's diagnostics: ask for them, and what came as a file."""

import json
from typing import Final

from django.contrib import messages as said
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.helpdesk import diagnostics

WORDS: Final = {
    "agent-up-s": gettext_lazy("On since (seconds)"),
    "gateway": gettext_lazy("Gateway"),
    "generation": gettext_lazy("Generation"),
    "image": gettext_lazy("Image"),
    "kernel": gettext_lazy("Kernel"),
    "line": gettext_lazy("Network line"),
    "machine": gettext_lazy("Processor type"),
    "memory": gettext_lazy("Memory free"),
    "processors": gettext_lazy("Processors"),
    "working": gettext_lazy("In use"),
}
"""What a stick tells, in words; what a newer stick tells beside it is shown by its own name."""


@permitted(Permission.HELP_DESK)
@require_POST
def ask(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask whoever sits at the stick."""
    row = diagnostics.ask(administrator(request), identifier)
    said.success(request, gettext("Asked. Nothing comes before the person at the stick has agreed."))
    return redirect("messages:messages-one", row.pk)


@permitted(Permission.HELP_DESK)
@require_safe
def download(request: HttpRequest, identifier: str) -> HttpResponse:
    """Give what came as a JSON file."""
    bundle = diagnostics.sent_for(administrator(request), identifier)
    content = {"stick": bundle.delivery.stick_id, "received_ms": bundle.received_ms}
    content |= {"facts": bundle.facts, "log": bundle.log}
    answer = HttpResponse(json.dumps(content, ensure_ascii=False, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="diagnostics-{identifier}.json"'
    return answer
