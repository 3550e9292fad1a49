"""The page where the sealed code is typed: open to all, and slow for everybody."""

import contextlib
import ipaddress
from typing import Final

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hanare_core.problems import Problem
from hanare_server.console.guard import open_to_all
from hanare_server.emergency import code
from hanare_server.sticks.edge import source_of
from hanare_server.throttle import Throttle

TRIES: Final = 5
"""Codes of one source at once, then one a minute. 100 bits need no more, the log does."""

TRIES_IN_ALL: Final = 60
"""Codes of all sources at once, then one a second: it bounds the hashing, and a few computers that type nonsense do not
keep whoever holds the envelope out."""

_SITE_BITS: Final = 64
"""Of an IPv6 address: one computer has all addresses of its network (RFC 4291, section 2.5.1)."""

_BACKEND: Final = "hanare_server.console.first_password.AccountBackend"
_throttle: Final = Throttle(burst=TRIES, per_second=1 / 60)
_throttle_in_all: Final = Throttle(burst=TRIES_IN_ALL, per_second=1)


@open_to_all
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form, or use the code and go to the console for an hour."""
    if request.method == "GET":
        return _show(request, "", 200)
    source = source_of(request)
    if not (_throttle.allows(_site_of(source)) and _throttle_in_all.allows("all")):
        return _show(request, gettext("Too many attempts. Wait a minute and try again."), 429)
    organisation, typed = request.POST.get("organisation", "")[:64], request.POST.get("code", "")[:64]
    try:
        account = code.use(organisation.replace("\0", ""), typed.replace("\0", ""), source)
    except Problem:
        return _show(request, gettext("The code or the office is wrong, or the code was used already."), 401)
    auth.login(request, account, backend=_BACKEND)
    request.session.set_expiry(code.SESSION_SECONDS)  # of the cookie; the account's own end is what counts
    return redirect("console:live")


def _site_of(source: str) -> str:
    """Return what counts as one source: an IPv4 address, or the network of an IPv6 address."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(source)
        if address.version == 6:  # noqa: PLR2004 - the protocol's name
            return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return source


def _show(request: HttpRequest, said: str, status: int) -> HttpResponse:
    return render(request, "emergency/page.html", {"said": said}, status=status)
