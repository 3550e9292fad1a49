"""The page of one's own tokens: make one, see its secret once, revoke."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from hanare_core import sentences
from hanare_core.problems import Problem, http_status
from hanare_server.api import tokens
from hanare_server.api.words import LIVES, SCOPES
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.language import reader_language
from hanare_server.console.roles import Permission


@permitted(Permission.TOKENS)
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """List the living tokens with a form for a new one; show a new one's secret."""
    if request.method == "GET":
        return _page(request)
    days = request.POST.get("days", "")
    asked = set(request.POST.getlist("scopes"))
    scopes = [one for one in Permission if one.value in asked]
    try:
        made = tokens.make(
            administrator(request), request.POST.get("name", ""), scopes, int(days) if days in LIVES else 0
        )
    except Problem as problem:
        sentence = sentences.sentence(problem.code, reader_language())
        fault = gettext("Give a name and at least one thing that the token may do.")
        faulty = problem.detail.get("path") in {"name", "scopes"}
        return _page(request, fault=fault if faulty else sentence.title, status=http_status(problem.code).value)
    return _page(request, made=made)


@permitted(Permission.TOKENS)
@require_POST
def revoke(request: HttpRequest, identifier: str) -> HttpResponse:
    """End one token at once."""
    tokens.revoke(administrator(request), identifier.replace("\0", ""))
    return redirect("tokens:tokens")


def _page(request: HttpRequest, *, made: tokens.Made | None = None, fault: str = "", status: int = 200) -> HttpResponse:
    account = administrator(request)
    context = {
        "heading": gettext("API tokens"),
        "lead": gettext("With a token a program does what you may do, within what you permit it here."),
        "lines": [(token, [SCOPES[one] for one in token.scopes]) for token in tokens.living(account)],
        "choices": [(one.value, SCOPES[one]) for one in tokens.offered(account)],
        "lives": LIVES.items(),
        "made": made,
        "fault": fault,
        "name": "" if made else request.POST.get("name", ""),
    }
    return render(request, "api/tokens.html", context, status=status)
