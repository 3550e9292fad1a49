"""Shows that the person before the browser is still who signed in: the second factor, once more, just now."""

from typing import Final
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.console.guard import administrator
from hanare_server.console.sign_in import FACTORS

PROOF_MS: Final = 5 * MINUTE_MS
"""So old a shown second factor may be where one is asked for again."""


def shown_ms(request: HttpRequest) -> int:
    """Return when the account has last shown its second factor in this web session; 0: never."""
    records = get_authentication_records(request, administrator(request))
    shown = [one["at"] for one in records if one.get("method") == "mfa" and one.get("type") in set(FACTORS)]
    return int(max(shown, default=0) * 1000)


def is_fresh(request: HttpRequest, since_ms: int = 0) -> bool:
    """Return whether it was shown within PROOF_MS, and not before `since_ms`."""
    shown = shown_ms(request)
    return shown >= since_ms and now_ms() - shown <= PROOF_MS


def ask(back: str) -> HttpResponse:
    """Lead to the second factor, and from there to this address of ours."""
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
