"""Who tries passwords: a browser in which somebody has signed in wholly, or a stranger's.

A browser that has signed in keeps a signed cookie, for its account and with a number of its own (OWASP, "Slow Down
Online Guessing Attacks with Device Cookies"). Wrong passwords are counted against the pair (account, network) and
beside that, over all networks, against this number or, without a cookie, against the account's strangers together. So
strangers who try one name shut out each other, but never the browser that its owner uses. The cookie opens nothing.
"""

import secrets
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "hanare_known"
DAYS: Final = 90
"""A browser that has not signed in for so long is a stranger again."""

_PATH: Final = "/console/sign-in"
_SALT: Final = "hanare.known-browser"
_NUMBER_BYTES: Final = 12


def number_of(request: HttpRequest, name: str) -> str:
    """Return the number of a browser in which this account has signed in before; empty for a stranger's."""
    try:
        known, number = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=DAYS * 24 * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if known == name else ""


def remember(answer: HttpResponse, name: str) -> None:
    """Have the browser keep that this account has signed in wholly."""
    value = signing.dumps([name, secrets.token_hex(_NUMBER_BYTES)], salt=_SALT)
    answer.set_cookie(
        COOKIE,
        value,
        max_age=DAYS * 24 * 3600,
        path=_PATH,
        secure=settings.HANARE.tls,
        httponly=True,
        samesite="Strict",
    )
