"""Who asks, and whether the token and its owner's role both have what the endpoint demands. Bearer only (RFC 6750).

The console's cookie opens nothing here, so no other site's page can ask in an administrator's name.
"""

from typing import Any, Final

from django.http import HttpRequest
from ninja.security import HttpBearer

from hanare_core.problems import Code, Problem
from hanare_server.api import tokens
from hanare_server.api.models import Token
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may
from hanare_server.sticks.edge import source_of
from hanare_server.throttle import Throttle

_BY_TOKEN: Final = Throttle(burst=120, per_second=20)
"""A script may page through ten thousand users without a pause, and no faster than a server of two cores bears."""

_STRANGERS: Final = Throttle(burst=60, per_second=1)
"""Requests without a living token, by source."""


class Bearer(HttpBearer):
    """Authentication of one endpoint."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        """Return the account; None, which ninja answers by 401, for a stranger."""
        account = super().__call__(request)
        if account is None and not _STRANGERS.allows(source_of(request)):
            raise Problem(Code.THROTTLED)
        return account

    def authenticate(self, request: HttpRequest, token: str) -> Administrator | None:
        """Return the owner of a living token that has the scope; raises Problem(NOT_PERMITTED or THROTTLED)."""
        del request
        found = tokens.find(token)
        if found is None:
            return None
        if not _BY_TOKEN.allows(found.pk):
            raise Problem(Code.THROTTLED)
        if not _may(found, self.permission):
            raise Problem(Code.NOT_PERMITTED, detail={"scope": self.permission.value})
        return found.owner


def account_of(request: HttpRequest) -> Administrator:
    """Return the account that the token belongs to."""
    account = getattr(request, "auth", None)
    if not isinstance(account, Administrator):
        raise TypeError("only endpoints behind `Bearer` may ask for the account")
    return account


def _may(token: Token, permission: Permission) -> bool:
    return permission.value in token.scopes and may(token.owner.role, permission)
