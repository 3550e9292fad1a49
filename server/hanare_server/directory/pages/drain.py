"""Takes a gateway out of placement before maintenance, and back: its sessions go on, new ones go to the others."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from hanare_server.access import drain
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Gateway


@permitted(Permission.GATEWAYS_EDIT)
@require_POST
def begin(request: HttpRequest, identifier: str) -> HttpResponse:
    """Let no new session come to the gateway."""
    return _set(request, identifier, draining=True)


@permitted(Permission.GATEWAYS_EDIT)
@require_POST
def end(request: HttpRequest, identifier: str) -> HttpResponse:
    """Let new sessions come again."""
    return _set(request, identifier, draining=False)


def _set(request: HttpRequest, identifier: str, *, draining: bool) -> HttpResponse:
    account = administrator(request)
    gateway = scope.one(account, Gateway, identifier)
    actor = Actor(ActorKind.ADMINISTRATOR, account.id)
    others = drain.set_draining(account.here.pk, actor, gateway.pk, draining=draining)
    if draining and not others:
        messages.warning(request, gettext("No gateway takes new sessions now: every sign-in is refused."))
    return redirect("directory:gateways-one", gateway.pk)
