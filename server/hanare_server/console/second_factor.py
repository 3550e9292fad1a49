"""Every account has its own password and a second factor: until it has both, no page but those for that is open.

The account of a sealed code has neither, and cannot get them: the factors are what was lost.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from hanare_core.problems import Code
from hanare_server.console.guard import OPEN, is_htmx, permission_of, wants_json
from hanare_server.console.models import Administrator

OWN_PASSWORD: Final = frozenset({"account_change_password", "account_logout", "account_reauthenticate"})
"""Names of the pages by which a first password is replaced, and the way out."""

SET_UP: Final = frozenset(
    {
        "account_change_password",
        "account_logout",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
    }
)
"""Names of the pages by which a second factor is set up, and the way out."""


class SecondFactorWanted:
    """Middleware that leads a signed-in account to its own password first, then to a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Answer instead of the view when the account lacks something."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if permission_of(view) == OPEN or not isinstance(request.user, Administrator):
            return None
        if request.user.first_password_until_ms is not None:
            return None if name in OWN_PASSWORD else _lead(request, "account_change_password")
        if name in SET_UP or request.user.second_factor or request.user.is_sealed:
            return None
        return _lead(request, "mfa_activate_totp")


def _lead(request: HttpRequest, page: str) -> HttpResponse:
    if wants_json(request):
        body = {"code": Code.FACTOR_WANTED.value, "detail": {}}
        return JsonResponse(body, status=HTTPStatus.UNAUTHORIZED)
    if is_htmx(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    return redirect(page)
