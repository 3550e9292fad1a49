"""Makes, finds and revokes tokens.

A secret is 256 random bits, so its SHA-256 needs no salt and no stretching: nobody can try them all (NIST SP 800-63B,
5.1.2.2). A token is dead when it is over or revoked, or when its owner is inactive or has got another role,
organisation or sign-in epoch since. The account of a sealed code has none: it is over in an hour.
"""

import hashlib
import secrets
from collections.abc import Collection
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.api.models import NAME_CHARACTERS, Token
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.clock import DAY_MS, MINUTE_MS, now_ms
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, may

SECRET_BYTES: Final = 32
PREFIX: Final = "hanare_"
"""Before each secret, so that scanners for leaked secrets find it."""

LONGEST_DAYS: Final = 365
TOKENS_EACH: Final = 20
"""Living tokens of one account: one for each program is plenty."""

USED_EVERY_MS: Final = MINUTE_MS
"""How exact the time of the last use is: one write a minute, not one a request."""

OFFERED: Final = (
    Permission.LIVE_READ,
    Permission.DIRECTORY_READ,
    Permission.DIRECTORY_EDIT,
    Permission.GATEWAYS_READ,
    Permission.GATEWAYS_EDIT,
    Permission.SETTINGS_READ,
    Permission.SETTINGS_EDIT,
    Permission.LOANS_READ,
    Permission.LEND,
    Permission.SUSPEND,
    Permission.RESUME,
    Permission.CODE_ISSUE,
    Permission.HELP_DESK,
    Permission.EXPLAIN,
    Permission.HOURS_READ,
    Permission.USAGE_READ,
    Permission.APPROVALS_READ,
    Permission.ADMINISTRATORS_READ,
    Permission.AUDIT_READ,
    Permission.EVIDENCE_READ,
)
"""What the API has endpoints for, in the order of the page."""


class Made(NamedTuple):
    """A new token with its secret, which exists here only."""

    token: Token
    secret: str


def offered(account: Administrator) -> list[Permission]:
    """Return the scopes that the account may give away: those that it has."""
    return [permission for permission in OFFERED if may(account.role, permission)]


def make(account: Administrator, name: str, scopes: Collection[Permission], days: int) -> Made:
    """Make a token; raises Problem(MALFORMED with the path), NOT_PERMITTED for a scope, CONFLICT for too many."""
    _check(account, name, scopes, days)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with act(account.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        if living(account).count() >= TOKENS_EACH:
            raise Problem(Code.CONFLICT, detail={"limit_tokens": str(TOKENS_EACH)})
        now = now_ms()
        token = Token.objects.create(
            id=identifiers.new("tok"),
            organisation=opened.organisation,
            owner=account,
            name=name.strip(),
            scopes=sorted(scopes),
            digest=_digest(secret),
            role=account.role,
            sign_in_epoch=account.sign_in_epoch,
            created_ms=now,
            expires_ms=now + days * DAY_MS,
        )
        facts = {"name": token.name, "scopes": " ".join(token.scopes), "expires_ms": str(token.expires_ms)}
        opened.write(Act.API_TOKEN_MADE, Thing("api-token", token.pk), facts)
    return Made(token, secret)


def revoke(account: Administrator, identifier: str) -> None:
    """End one of the account's own tokens; raises Problem(NOT_FOUND). Repeating it changes nothing."""
    with act(account.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        token = scope.rows(account, Token).filter(pk=identifier, owner=account).first()
        if token is None:
            raise Problem(Code.NOT_FOUND)
        if token.revoked_ms is None:
            token.revoked_ms = now_ms()
            token.save(update_fields=["revoked_ms"])
            opened.write(Act.API_TOKEN_REVOKED, Thing("api-token", token.pk), {"name": token.name})


def living(account: Administrator) -> QuerySet[Token]:
    """Return the account's own tokens that still open something, newest first."""
    own = Token.objects.filter(owner=account, organisation=account.organisation_id, role=account.role)
    unbroken = own.filter(sign_in_epoch=account.sign_in_epoch, revoked_ms=None, expires_ms__gt=now_ms())
    return unbroken.order_by("-created_ms", "pk")


def find(secret: str) -> Token | None:
    """Return the living token of this secret, and note that it was used; None for anything else."""
    if not secret.isascii():
        return None
    token = Token.objects.select_related("owner__organisation").filter(digest=_digest(secret)).first()
    if token is None or not _lives(token):
        return None
    now = now_ms()
    stale = Q(used_ms=None) | Q(used_ms__lt=now - USED_EVERY_MS)
    Token.objects.filter(stale, pk=token.pk).update(used_ms=now)
    return token


def _lives(token: Token) -> bool:
    owner = token.owner
    bound = (token.role, token.sign_in_epoch, token.organisation_id)
    unchanged = bound == (owner.role, owner.sign_in_epoch, owner.organisation_id)
    own = owner.is_active and not owner.is_sealed
    return unchanged and own and token.revoked_ms is None and token.expires_ms > now_ms()


def _check(account: Administrator, name: str, scopes: Collection[Permission], days: int) -> None:
    if not name.strip() or len(name) > NAME_CHARACTERS or "\0" in name:
        raise Problem(Code.MALFORMED, detail={"path": "name"})
    if not 1 <= days <= LONGEST_DAYS:
        raise Problem(Code.MALFORMED, detail={"path": "days"})
    if not scopes:
        raise Problem(Code.MALFORMED, detail={"path": "scopes"})
    if account.is_sealed or not set(scopes) <= set(offered(account)):
        raise Problem(Code.NOT_PERMITTED)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
