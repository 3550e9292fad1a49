"""The addresses by which administrators sign in and look after their own account, under allauth's names.

Only what we need is here: no sign-up, no mail addresses, no reset by mail, and no `/admin` that knows passwords only.
"""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_POST

from hanare_core.problems import Code, Problem
from hanare_server.console import identities
from hanare_server.console.guard import View, administrator, open_to_all, permitted
from hanare_server.console.roles import Permission
from hanare_server.ldap_directory import sign_in

_own = permitted(Permission.ACCOUNT)


def _with_password(view: View) -> View:
    """Return the view for accounts that have a password; who signs in by passkey alone has none to change."""

    def change(request: HttpRequest) -> HttpResponseBase:
        if not administrator(request).has_usable_password():
            raise Problem(Code.NOT_FOUND)
        return view(request)

    return change


urlpatterns = [
    path("sign-in", open_to_all(account.login), name="account_login"),
    path("sign-in/factor", open_to_all(factor.authenticate), name="mfa_authenticate"),
    path("sign-in/passkey", open_to_all(passkey.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/with/<str:provider_id>", open_to_all(identities.begin), name="openid_connect_login"),
    path("sign-in/with/<str:provider_id>/back", open_to_all(identities.back), name="openid_connect_callback"),
    path("sign-in/cancelled", open_to_all(identities.cancelled), name="socialaccount_login_cancelled"),
    path("sign-in/inactive", open_to_all(account.account_inactive), name="account_inactive"),
    path("sign-out", open_to_all(require_POST(account.logout)), name="account_logout"),
    path("account", _own(factor.index), name="mfa_index"),
    path("account/password", _own(_with_password(account.password_change)), name="account_change_password"),
    path("account/again", _own(account.reauthenticate), name="account_reauthenticate"),
    path("account/again/factor", _own(factor.reauthenticate), name="mfa_reauthenticate"),
    path("account/again/passkey", _own(passkey.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("account/totp", _own(totp.activate_totp), name="mfa_activate_totp"),
    path("account/totp/remove", _own(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/recovery-codes", _own(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new", _own(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/identities/<int:pk>/remove", _own(identities.remove), name="identity_remove"),
    path("account/directory", sign_in.link, name="directory_link"),
    path("account/passkeys", _own(factor.index), name="mfa_list_webauthn"),
    path("account/passkeys/new", _own(passkey.add_webauthn), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove", _own(passkey.remove_webauthn), name="mfa_remove_webauthn"),
]
