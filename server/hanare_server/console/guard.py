"""What stands before every view: account, permission, the organisation's time zone; and what a refusal looks like.

A view without `permitted` or `open_to_all` is a fault that a test finds. A `Problem` that a view raises becomes a page,
a fragment for htmx, or a JSON body for programs here and nowhere else.
"""

import functools
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from hanare_core import sentences
from hanare_core.problems import Code, Problem, http_status
from hanare_server.console import scope
from hanare_server.console.language import reader_language
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission

View = Callable[..., HttpResponseBase]

HERE: Final = "hanare_here"
"""Where the web session keeps the organisation that the provider has chosen."""

OPEN: Final = "open"
"""Mark of a view that needs no account."""

_READING: Final = frozenset({"GET", "HEAD"})

_MARK: Final = "hanare_permission"


def permitted(permission: Permission) -> Callable[[View], View]:
    """Return the decorator that lets only accounts with this permission see the view.

    Strangers are led to the sign-in, programs get 401; who lacks the permission gets 403.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if not request.user.is_authenticated:
                    return _to_the_sign_in(request)
                account = administrator(request)
                _must_have(account, permission)
                _must_be_text(kwargs)
                _choose_organisation(request, account)
                account.only_reads = request.method in _READING
                with timezone.override(ZoneInfo(account.here.time_zone)):
                    return view(request, *args, **kwargs)
            except Http404:
                return refusal(request, Problem(Code.NOT_FOUND))
            except Problem as problem:
                return refusal(request, problem)

        setattr(guarded, _MARK, permission)
        return guarded

    return decorate


def _must_be_text(parts: Mapping[str, Any]) -> None:
    """Refuse an address with a NUL in one of its parts: no thing is named so, and PostgreSQL takes none."""
    if any(isinstance(part, str) and "\0" in part for part in parts.values()):
        raise Problem(Code.NOT_FOUND)


def open_to_all(view: View) -> View:
    """Mark a view that anybody may ask for: the sign-in, and what it needs."""

    @functools.wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    setattr(marked, _MARK, OPEN)
    return marked


def permission_of(view: object) -> Permission | str | None:
    """Return what a view demands: a permission, OPEN, or None when nobody has said."""
    return cast("Permission | str | None", getattr(view, _MARK, None))


def administrator(request: HttpRequest) -> Administrator:
    """Return the signed-in account."""
    if not isinstance(request.user, Administrator):
        raise TypeError("only views behind `permitted` may ask for the account")
    return request.user


def wants_json(request: HttpRequest) -> bool:
    """Return whether a program asks, not a browser's page."""
    return request.headers.get("Accept", "").startswith("application/json")


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx asks for a fragment."""
    return "HX-Request" in request.headers


def refusal(request: HttpRequest, problem: Problem, status: HTTPStatus | None = None) -> HttpResponse:
    """Return the answer that says why not: a page, an alert for htmx, or code and detail for a program."""
    number = (status or http_status(problem.code)).value
    if wants_json(request):
        return JsonResponse({"code": problem.code.value, "detail": dict(problem.detail)}, status=number)
    help_desk = request.user.here.help_desk if isinstance(request.user, Administrator) else ""
    text = sentences.for_staff(problem.code, reader_language(), help_desk=help_desk)
    template = "console/_refusal.html" if is_htmx(request) else "console/refusal.html"
    return render(request, template, {"text": text, "code": problem.code.value, "status": number}, status=number)


def _must_have(account: Administrator, permission: Permission) -> None:
    if not account.may(permission):
        raise Problem(Code.NOT_PERMITTED)


def _to_the_sign_in(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"code": Code.NOT_AUTHENTIC.value, "detail": {}}, status=HTTPStatus.UNAUTHORIZED)
    if is_htmx(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    return redirect_to_login(request.get_full_path())


def _choose_organisation(request: HttpRequest, account: Administrator) -> None:
    chosen = request.session.get(HERE)
    if chosen and chosen != account.organisation_id:
        found = scope.organisations(account).filter(pk=chosen).first()
        if found is not None:
            account.visit(found)
