"""Sign-in through another system's identity by OpenID Connect, and linking such an identity to one's own account.

An identity opens an account only when its owner has linked it (by issuer's `sub`, never by mail or name, which the
other system may give to anybody), and the account's own second factor is asked for as after a password. Our session
cookie is SameSite=Strict: it comes neither with the way back from the other system, so that page is asked for again by
itself, nor may a form lead there, so the way out is a page as well.
"""

from typing import Any, Final

import requests
from allauth.account.adapter import get_adapter as account_adapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.audit.log import Act
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.console.sign_in import audit

AGAIN: Final = "again"
"""Marks an address that this page has asked for itself."""

_FOUND: Final = 302


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Where allauth's pages of other systems' identities ask us."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return False: an identity that nobody has linked opens nothing."""
        del request, sociallogin
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Return where one is led after linking."""
        del request, socialaccount
        return reverse("mfa_index")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: the audit log has it."""


def offered() -> list[tuple[str, str]]:
    """Return the providers that one may sign in with: word and name."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return [(str(app["provider_id"]), str(app["name"])) for app in apps]


@require_POST
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the other system, to sign in or, with `process=connect`, to link; linking asks for a fresh proof."""
    _known(provider_id)
    if request.GET:
        return redirect("account_login")
    if request.POST.get("process") == "connect":
        if not isinstance(request.user, Administrator) or not request.user.may(Permission.ACCOUNT):
            return redirect("account_login")
        if account_adapter().is_reauthentication_required(app="socialaccount"):
            return redirect(f"{reverse('account_reauthenticate')}?next={reverse('mfa_index')}")
    try:
        answer: HttpResponse = views.login(request, provider_id)
    except requests.RequestException:
        return _away(request)
    return _onward(request, answer["Location"]) if answer.status_code == _FOUND else answer


@require_safe
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the other system's answer; without our cookie ask for this very page again, from our own site."""
    _known(provider_id)
    if settings.SESSION_COOKIE_NAME not in request.COOKIES and AGAIN not in request.GET:
        return _onward(request, f"{request.get_full_path()}&{AGAIN}=1")
    before = _linked(request)
    try:
        answer: HttpResponse = views.callback(request, provider_id)
    except requests.RequestException:
        return _away(request)
    if before is not None and isinstance(request.user, Administrator) and _linked(request) != before:
        audit(request.user, Act.IDENTITY_LINKED, {"provider": provider_id})
    return answer


@require_safe
def cancelled(request: HttpRequest) -> HttpResponse:
    """Lead back who did not go through with it there."""
    messages.warning(request, gettext("The other system did not sign you in"))
    return redirect("mfa_index" if isinstance(request.user, Administrator) else "account_login")


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Unlink an identity from one's own account."""
    assert isinstance(request.user, Administrator)  # noqa: S101 the address table lets only accounts in
    found = SocialAccount.objects.filter(user=request.user, pk=pk).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    found.delete()
    audit(request.user, Act.IDENTITY_REMOVED, {"provider": found.provider})
    return redirect("mfa_index")


def _known(provider_id: str) -> None:
    if provider_id not in dict(offered()):
        raise Http404


def _linked(request: HttpRequest) -> int | None:
    if not isinstance(request.user, Administrator):
        return None
    return int(SocialAccount.objects.filter(user=request.user).count())


def _onward(request: HttpRequest, address: str) -> HttpResponse:
    return render(request, "console/onward.html", {"address": address})


def _away(request: HttpRequest) -> HttpResponse:
    messages.error(request, gettext("The other system does not answer. Sign in with your password here, or try later."))
    return redirect("account_login")
