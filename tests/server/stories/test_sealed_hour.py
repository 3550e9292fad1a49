"""F103: whoever holds the sealed code wants more than the hour that it opens, or to be a second person."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from hanare_core import totp
from hanare_core.problems import Code
from hanare_server.api import tokens
from hanare_server.approvals import people, requests, solitude
from hanare_server.approvals.models import Loosening, Request
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role
from hanare_server.emergency import code, pages
from hanare_server.throttle import Throttle
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.stories.test_all_administrators_locked_out import PAGE
from tests.server.stories.test_four_eyes_bypass import ask, lost, press
from tests.server.test_administrators import PAGE as ACCOUNTS
from tests.server.town import Town, command

pytestmark = pytest.mark.story


@pytest.fixture
def envelope(town: Town, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Give a browser in which the sealed code was typed."""
    monkeypatch.setattr(pages, "_throttle", Throttle(burst=100, per_second=100))
    client = Client()
    printed = command("sealed_code", organisation=town.id)
    assert client.post(PAGE, {"organisation": town.id, "code": printed}).status_code == 302
    return client


def opened(town: Town) -> Administrator:
    """Return the account that the code has opened, as it is now."""
    return Administrator.objects.get(name=f"sealed-code-{town.id}")


def test_the_hour_is_over_whatever_was_done_in_it(town: Town, envelope: Client) -> None:
    """The account's own end counts, not the session's, which was saved since; the worker closes it, once."""
    session = envelope.session
    session.set_expiry(10 * code.SESSION_SECONDS)
    session.save()
    assert opened(town).sealed_until_ms is not None
    assert envelope.get("/console/").status_code == 200
    assert code.round_of(town.organisation) == 0
    Administrator.objects.filter(pk=opened(town).pk).update(sealed_until_ms=now_ms())
    assert envelope.get("/console/").status_code == 302
    assert (code.round_of(town.organisation), code.round_of(town.organisation)) == (1, 0)
    assert (opened(town).is_active, town.acts()[-1]) == (False, "account-closed")


def test_nothing_is_left_behind_for_later(town: Town, envelope: Client) -> None:
    """No factor, password, identity or token: by page, by function, and a token that exists all the same is dead."""
    for path in ("account", "account/totp", "account/passkeys/new", "account/password", "account/directory", "tokens/"):
        assert envelope.get(f"/console/{path}").status_code == 403, path
        assert envelope.post(f"/console/{path}").status_code == 403, path
    sealed = opened(town)
    assert code_of(lambda: tokens.make(sealed, "later", [Permission.LIVE_READ], 365)) is Code.NOT_PERMITTED
    made = tokens.make(town.administrator, "own", [Permission.LIVE_READ], 1)
    assert tokens.find(made.secret) is not None
    Administrator.objects.filter(pk=town.administrator.pk).update(sealed_until_ms=now_ms() + 3_600_000)
    assert tokens.find(made.secret) is None


def test_the_envelope_is_never_a_second_person(town: Town, envelope: Client) -> None:
    """Even with a factor it approves nothing and is approved nothing, and whoever it closed was closed by anybody."""
    sealed, asker = opened(town), account(town.organisation, Role.ADMINISTRATOR)
    TOTP.activate(sealed, totp.new_secret())
    row = ask(asker, lost(town))
    assert press(sealed, row, "approve") == 403
    assert code_of(lambda: requests.approve(sealed, row.pk, row.payload_hash)) is Code.NOT_PERMITTED
    own = requests.ask(sealed, Loosening.EXPORT_AUDIT, {})
    assert press(asker, own, "approve") == 403
    assert not people.is_alone(sealed)
    assert envelope.post(f"{ACCOUNTS}/{town.administrator.pk}/close").status_code == 302
    assert solitude.until_ms(asker) > now_ms()
    assert code_of(lambda: requests.confirm_alone(asker, row.pk, now_ms())) is Code.NOT_PERMITTED
    assert Request.objects.get(pk=row.pk).confirmed_ms is None


def test_no_account_takes_the_place_of_the_sealed_one(town: Town, envelope: Client) -> None:
    """Its name is nobody else's, and the console neither changes nor resets it; closing it is possible."""
    other = browser(town.administrator)
    taken = {"name": "sealed-code-elsewhere", "person": "1", "role": "viewer"}
    assert other.post(f"{ACCOUNTS}/new", taken).status_code == 422
    sealed = opened(town)
    for act in ("edit", "reset", "first-password"):
        assert other.post(f"{ACCOUNTS}/{sealed.pk}/{act}").status_code == 403, act
    assert other.post(f"{ACCOUNTS}/{sealed.pk}/close").status_code == 302
    assert envelope.get("/console/").status_code == 302
