"""What every page behind the sign-in needs: the account, and its organisation's time zone."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from hanare_core.problems import Code
from hanare_server.console.models import Administrator

P = ParamSpec("P")


def signed_in(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only signed-in administrators see the view: others are led to the sign-in, programs get 401."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if wants_json(request) and not request.user.is_authenticated:
            return JsonResponse({"code": Code.NOT_AUTHENTIC.value}, status=401)
        return pages(request, *args, **kwargs)

    @login_required
    def pages(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(ZoneInfo(administrator(request).organisation.time_zone)):
            return view(request, *args, **kwargs)

    return guarded


def administrator(request: HttpRequest) -> Administrator:
    """Return the signed-in account."""
    if not isinstance(request.user, Administrator):
        raise TypeError("only views behind signed_in may ask for the account")
    return request.user


def wants_json(request: HttpRequest) -> bool:
    """Return whether a program asks, not a browser's page."""
    return request.headers.get("Accept", "").startswith("application/json")
