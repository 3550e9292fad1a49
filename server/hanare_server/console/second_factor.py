"""Every account has a second factor: until it has set one up, no page but those for that is open."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect

from hanare_core.problems import Code
from hanare_server.console.guard import OPEN, is_htmx, permission_of, wants_json
from hanare_server.console.sign_in import has_factor

SEALED_CODE: Final = "sealed_code"
"""Set in a web session that the sealed code opened (`hanare_server.emergency`): the factors are what was lost."""

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
    """Middleware that leads a signed-in account without a second factor to setting one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Answer instead of the view when the account lacks a second factor."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if permission_of(view) == OPEN or name in SET_UP:
            return None
        if not request.user.is_authenticated or has_factor(request.user) or request.session.get(SEALED_CODE):
            return None
        if wants_json(request):
            body = {"code": Code.FACTOR_WANTED.value, "detail": {}}
            return JsonResponse(body, status=HTTPStatus.UNAUTHORIZED)
        if is_htmx(request):
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
        return redirect("mfa_activate_totp")
