"""Sign-ins, sign-outs and changes of the second factor in the audit log; connected by `ConsoleConfig.ready`."""

from typing import Any

from allauth.account import signals as password
from allauth.mfa import signals as factor
from django.contrib.auth import signals as account

from hanare_server.audit.log import Act
from hanare_server.console.models import Administrator
from hanare_server.console.sign_in import audit


def connect() -> None:
    """Listen."""
    account.user_logged_in.connect(_signed_in)
    account.user_logged_out.connect(_signed_out)
    password.password_changed.connect(_chosen)
    factor.authenticator_added.connect(_added)
    factor.authenticator_removed.connect(_removed)
    factor.authenticator_reset.connect(_added)
    factor.authentication_failed.connect(_refused)


def _signed_in(user: Any, **_: Any) -> None:
    _audit(user, Act.CONSOLE_SIGNED_IN)


def _signed_out(user: Any, **_: Any) -> None:
    _audit(user, Act.CONSOLE_SIGNED_OUT)


def _chosen(user: Any, **_: Any) -> None:
    """Note that the owner has a password that nobody else has read."""
    if isinstance(user, Administrator) and user.first_password_until_ms is not None:
        user.first_password_until_ms = None
        user.save(update_fields=["first_password_until_ms"])
    _audit(user, Act.PASSWORD_CHANGED)


def _added(user: Any, authenticator: Any, **_: Any) -> None:
    _audit(user, Act.FACTOR_SET, {"factor": str(authenticator.type)})


def _removed(user: Any, authenticator: Any, **_: Any) -> None:
    _audit(user, Act.FACTOR_REMOVED, {"factor": str(authenticator.type)})


def _refused(user: Any, authenticator: Any, **_: Any) -> None:
    _audit(user, Act.CONSOLE_REFUSED, {"factor": str(authenticator.type)})


def _audit(user: object, what: Act, detail: dict[str, str] | None = None) -> None:
    if isinstance(user, Administrator):
        audit(user, what, detail)
