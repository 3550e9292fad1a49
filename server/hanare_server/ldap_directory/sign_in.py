"""Administrators by the directory's password: an account that its owner has linked, and the own second factor after it.

As with identities of OpenID Connect (ADR 0014) nothing is found by name: the owner links the entry once, with a fresh
proof here and the directory's password. Only a linked name is ever asked of the directory, so that strangers cannot
lock the office's accounts by wrong tries at the console.
"""

import logging
from typing import Any, Final

from allauth.account.adapter import get_adapter as account_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hanare_core import log_lines
from hanare_core.problems import Code, Problem
from hanare_server.audit.log import Act
from hanare_server.config import Directory
from hanare_server.console.first_password import AccountBackend
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.console.sign_in import audit
from hanare_server.ldap_directory import client, offered

NAME_CHARACTERS: Final = 64

_log: Final = logging.getLogger(__name__)


class DirectoryBackend(AccountBackend):
    """Asks the directory for a linked account's password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_more: Any
    ) -> Administrator | None:
        """Return the account to which this person of the directory is linked, or None."""
        del request
        name = (username or "").strip().casefold()[:NAME_CHARACTERS]
        for directory in settings.HANARE.directories:
            linked = _linked(directory, name)
            if (
                linked is not None
                and self.user_can_authenticate(linked.user)
                and _is(directory, linked, password or "")
            ):
                return linked.user if isinstance(linked.user, Administrator) else None
        return None


@permitted(Permission.ACCOUNT)
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Ask for name and password of the directory, and link the entry to one's own account."""
    account = administrator(request)
    directory = offered.of(account.organisation_id)
    if directory is None:
        raise Problem(Code.NOT_FOUND)
    if account_adapter().is_reauthentication_required(app="socialaccount"):
        return redirect(f"{reverse('account_reauthenticate')}?next={reverse('mfa_index')}")
    fault = _link(request, account, directory) if request.method == "POST" else None
    if fault == "":
        return redirect("mfa_index")
    context = {"heading": directory.name, "fault": fault, "name": request.POST.get("name", "")[:NAME_CHARACTERS]}
    return render(request, "ldap_directory/link.html", context, status=422 if fault else 200)


def _link(request: HttpRequest, account: Administrator, directory: Directory) -> str:
    name = request.POST.get("name", "").strip().casefold()[:NAME_CHARACTERS]
    try:
        entry = client.proven(directory, name, request.POST.get("password", ""))
    except client.UnavailableError as error:
        log_lines.event(_log, logging.ERROR, "directory away", directory=directory.id, error=str(error))
        return gettext("The directory does not answer. Try later, or ask whoever maintains it.")
    if entry is None:
        audit(account, Act.CONSOLE_REFUSED, {"factor": directory.id})
        return gettext("Name or password is wrong.")
    others = SocialAccount.objects.filter(provider=_provider(directory), uid=entry.uid).exclude(user=account)
    if others.exists():
        return gettext("This person of the directory is linked to another account.")
    SocialAccount.objects.update_or_create(
        provider=_provider(directory), uid=entry.uid, defaults={"user": account, "extra_data": {"name": name}}
    )
    audit(account, Act.IDENTITY_LINKED, {"provider": directory.id})
    messages.success(request, gettext("Linked. From now on you may sign in with the directory's name and password."))
    return ""


def _linked(directory: Directory, name: str) -> SocialAccount | None:
    linked = SocialAccount.objects.filter(provider=_provider(directory), user__organisation=directory.organisation)
    found = linked.filter(extra_data__name=name).select_related("user").first() if name and "\0" not in name else None
    return found if isinstance(found, SocialAccount) else None


def _is(directory: Directory, linked: SocialAccount, password: str) -> bool:
    try:
        entry = client.proven(directory, str(linked.extra_data["name"]), password)
    except client.UnavailableError as error:
        log_lines.event(_log, logging.ERROR, "directory away", directory=directory.id, error=str(error))
        return False
    return entry is not None and entry.uid == linked.uid


def _provider(directory: Directory) -> str:
    return f"ldap-{directory.id}"
