"""The first password of an account, which somebody else has read: it lets in for three days, to choose another one."""

from functools import cache
from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.mfa.models import Authenticator
from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext

from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.sign_in import FACTORS


class AccountBackend(ModelBackend):
    """Name and password, as Django does it; a first password or a sealed code that is too old opens nothing."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Return whether the account may sign in, and stay signed in."""
        return bool(super().user_can_authenticate(user)) and isinstance(user, Administrator) and _is_good(user)

    def get_user(self, user_id: Any) -> Administrator | None:
        """Return the account of a session, or None; organisation and second factor, which every page needs, with it."""
        user = _accounts().filter(pk=user_id).first()
        if user is not None:
            user.second_factor = user.has_factor
        return user if user is not None and self.user_can_authenticate(user) else None


class ChangePassword(ChangePasswordForm):
    """The form of a new password: one's own, not the first one again."""

    def clean(self) -> dict[str, Any]:
        """Refuse the password that somebody else has read."""
        cleaned: dict[str, Any] = super().clean()  # type: ignore[no-untyped-call] # allauth has no types
        if cleaned.get("password1") and cleaned.get("password1") == cleaned.get("oldpassword"):
            self.add_error("password1", gettext("Choose another password than the present one."))
        return cleaned


@cache
def _accounts() -> QuerySet[Any]:
    """Return the accounts with what every page needs of one; made once, as a stop waits for that."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return Administrator.objects.select_related("organisation").annotate(has_factor=Exists(factors))


def _is_good(account: Administrator) -> bool:
    """Return whether neither the first password nor the hour of a sealed code is over."""
    now = now_ms()
    return all(end is None or now < end for end in (account.first_password_until_ms, account.sealed_until_ms))
