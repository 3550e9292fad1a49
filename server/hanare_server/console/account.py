"""Administrators sign in by name and password, and out.

Wrong passwords are slowed down per source and per account, and audited; Django's hasher makes an unknown name
take as long as a known one.
"""

from typing import Final

from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.console.guard import administrator, open_to_all, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.sticks.edge import source_of
from hanare_server.throttle import Throttle

TRIES: Final = 10
"""Wrong passwords at once, per source and per account; then one a minute."""

_throttle: Final = Throttle(burst=TRIES, per_second=1 / 60)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or check it and go where the visitor wanted to go."""
    form = AuthenticationForm(request, request.POST or None)
    if request.method == "GET":
        return _show(request, form, 200)
    name = request.POST.get("username", "").strip().casefold()
    if not (_throttle.allows(f"source {source_of(request)}") and _throttle.allows(f"account {name}")):
        form.errors.clear()
        form.add_error(None, gettext("Too many attempts. Wait a minute and try again."))
        return _show(request, form, 429)
    if not form.is_valid():
        _audit_refusal(name)
        return _show(request, form, 401)
    auth.login(request, form.get_user())
    account = administrator(request)
    _audit(account, Act.CONSOLE_SIGNED_IN)
    return redirect(_wanted_page(request))


@permitted(Permission.ACCOUNT)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the console session."""
    _audit(administrator(request), Act.CONSOLE_SIGNED_OUT)
    auth.logout(request)
    return redirect("console:sign-in")


def _show(request: HttpRequest, form: AuthenticationForm, status: int) -> HttpResponse:
    context = {"form": form, "next": request.GET.get("next", request.POST.get("next", ""))}
    return render(request, "console/sign_in.html", context, status=status)


def _wanted_page(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe and wanted.startswith("/console/") else "console:live"


def _audit_refusal(name: str) -> None:
    account = Administrator.objects.filter(name=name[:64]).first() if "\0" not in name else None
    if account is not None:
        _audit(account, Act.CONSOLE_REFUSED)


def _audit(account: Administrator, what: Act) -> None:
    with act(account.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.id)) as opened:
        opened.write(what, Thing("administrator", account.id))
