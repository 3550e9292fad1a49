"""How administrators sign in: where django-allauth asks us, and what of it stands in the audit log.

allauth does password, TOTP, passkeys and recovery codes. Wrong passwords are counted by (account, network) and, over
all networks, by known browser or for all strangers of an account together (`known_browser`). These counts and used
codes are kept in the database's cache table, so that they hold over all processes. TOTP tolerance is 0: allauth
remembers a used code for one step only, so any tolerance would let a code be used twice.
"""

import hashlib
import io
import time
from collections.abc import Mapping
from typing import Any, Final

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from nacl.encoding import URLSafeBase64Encoder
from nacl.secret import SecretBox

from hanare_server import config
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.console import back, known_browser
from hanare_server.console.models import Administrator
from hanare_server.sticks.edge import source_of

FRESH_SECONDS: Final = 300
"""How long after a sign-in the own password and factors may be changed without proving oneself again."""

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes are the way back to one."""

_SECRETS_PERSON: Final = b"hanare-factors"
_QR_SCALE: Final = 5


class AccountAdapter(DefaultAccountAdapter):
    """Where allauth's account pages ask us."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: accounts are made by administrators."""
        del request
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether one may be led there: our own pages only."""
        return back.is_ours(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the source by which tries are counted."""
        return source_of(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try before it is looked at; raises a form's fault when there were too many wrong ones."""
        super().pre_authenticate(request, **credentials)
        name = _name(credentials)
        key = known_browser.number_of(request, name) or name
        self._anywhere = ratelimit.consume(request, app="allauth.account", action="login_failed_anywhere", key=key)
        if not self._anywhere:
            self._rollback_login_failed_rl_usage()
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the account of name and password; only what was wrong stays counted."""
        user = super().authenticate(request, **credentials)
        if user is not None and self._anywhere:
            self._anywhere.rollback()
        return user

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse:
        """Lead on after a whole sign-in, and know the browser again."""
        answer: HttpResponse = super().post_login(request, user, **more)
        if isinstance(user, Administrator):
            known_browser.remember(answer, user.name)
        return answer

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Audit a wrong password for the account that it was tried on."""
        del request
        name = _name(credentials)
        account = None if "\0" in name else Administrator.objects.filter(name=name[:64]).first()
        if account is not None:
            audit(account, Act.CONSOLE_REFUSED, {"factor": "password"})

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return whether the password or factor is asked again: not right after a whole sign-in."""
        del app, kwargs
        records = get_authentication_records(context.request, context.request.user)
        return not any(time.time() - record["at"] < FRESH_SECONDS for record in records)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: our pages show what has changed."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: the audit log has it, and alerts go out from there."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return whose wrong passwords count together: one network's for one name."""
        return f"{ratelimit.get_ip(request)}\n{_name(credentials)}"


class FactorAdapter(DefaultMFAAdapter):
    """Where allauth's second-factor pages ask us."""

    def encrypt(self, text: str) -> str:
        """Return the secret as it may stand in a row."""
        return _box().encrypt(text.encode(), encoder=URLSafeBase64Encoder).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Return what `encrypt` was given; raises nacl's CryptoError when the server's secret is another."""
        return _box().decrypt(encrypted_text.encode("ascii"), encoder=URLSafeBase64Encoder).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether another second factor would be left."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code that an authenticator reads."""
        drawn = io.BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", scale=_QR_SCALE, border=2)
        return drawn.getvalue().decode()


def has_factor(user: AbstractBaseUser) -> bool:
    """Return whether the account has a second factor."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def audit(account: Administrator, what: Act, detail: dict[str, str] | None = None) -> None:
    """Write what an account did to itself."""
    with act(account.organisation_id, Actor(ActorKind.ADMINISTRATOR, account.id)) as opened:
        opened.write(what, Thing("administrator", account.id), detail)


def _name(credentials: Mapping[str, Any]) -> str:
    return str(credentials.get("username", "")).strip().casefold()


def _box() -> SecretBox:
    # Not SECRET_KEY: `setup` makes the file after the settings were read.
    secret = config.secret(settings.HANARE).encode()
    return SecretBox(hashlib.blake2b(secret, person=_SECRETS_PERSON, digest_size=SecretBox.KEY_SIZE).digest())
