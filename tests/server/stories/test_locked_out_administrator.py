"""A locked-out administrator: the telephone with the authenticator is gone; a colleague lets in again, never alone."""

import re

import pytest
from django.core import mail
from django.test import Client

from hanare_server.approvals import requests
from hanare_server.approvals.models import Request
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from tests.server.accounts import account, browser, fresh_code, send_password
from tests.server.stories.test_all_administrators_locked_out import PAGE as SEALED
from tests.server.stories.test_all_administrators_locked_out import sealed
from tests.server.town import PASSWORD, Town

pytestmark = pytest.mark.story

PAGE = "/console/administrators"
NEW = "a sentence of my own 7"


def reset(who: Administrator, locked_out: Administrator) -> Request:
    """Press the button of somebody who is locked out; return the request that it became."""
    answer = browser(who).post(
        f"{PAGE}/{locked_out.pk}/reset", {"reason": "電話をなくした"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 202
    return Request.objects.get(pk=answer.json()["request"])


def approve(who: Administrator, row: Request) -> int:
    """Press approve; return the status."""
    return browser(who).post(f"/console/approvals/{row.pk}/approve", {"hash": row.payload_hash}).status_code


def first_password(client: Client, locked_out: Administrator) -> str:
    """Issue the first password and return it."""
    page = client.post(f"{PAGE}/{locked_out.pk}/first-password").content.decode()
    return re.findall(r"<code[^>]*>([A-Z2-9-]{24})<", page)[0]


def enter(town: Town, password: str) -> Client:
    """Sign in by the first password, choose an own one, set a second factor up; return the browser."""
    client = Client()
    assert send_password(client, town, password).status_code == 302
    for path in ("/console/", "/console/account/totp", "/console/administrators"):
        assert client.get(path).headers["Location"] == "/console/account/password"
    change = {"oldpassword": password, "password1": password, "password2": password}
    assert client.post("/console/account/password", change).status_code == 200
    assert client.post("/console/account/password", {**change, "password1": NEW, "password2": NEW}).status_code == 302
    assert client.get("/console/").headers["Location"] == "/console/account/totp"
    (secret,) = re.findall(r'id="secret">([A-Z2-7]+)<', client.get("/console/account/totp").content.decode())
    assert client.post("/console/account/totp", {"code": fresh_code(secret)}).status_code == 302
    return client


def test_two_colleagues_let_in_again(town: Town) -> None:
    """One asks, the other one approves; the old password and the old codes are worth nothing from then on."""
    asker, second = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    locked_out = town.administrator
    row = reset(asker, locked_out)
    assert (approve(asker, row), approve(locked_out, row), approve(second, row)) == (403, 403, 302)
    client = Client()
    assert send_password(client, town, PASSWORD).status_code == 200
    client = enter(town, first_password(browser(asker), locked_out))
    assert client.get("/console/").status_code == 200
    assert "password-changed" in town.acts()
    again = browser(asker).post(f"{PAGE}/{locked_out.pk}/first-password")
    assert again.status_code == 409


def test_of_two_administrators_the_other_one_waits(town: Town) -> None:
    """Who is locked out does not count as the second person: the other one confirms, waits, and auditors have mail."""
    auditor, asker = account(town.organisation, Role.AUDITOR), account(town.organisation, Role.ADMINISTRATOR)
    Administrator.objects.filter(pk=auditor.pk).update(mail="auditor@example.jp")
    row = reset(asker, town.administrator)
    assert [sent.to for sent in mail.outbox] == [["auditor@example.jp"]]
    requests.confirm_alone(asker, row.pk, now_ms())
    form = {"hash": row.payload_hash}
    assert browser(asker).post(f"/console/approvals/{row.pk}/carry-out", form).status_code == 403
    Request.objects.filter(pk=row.pk).update(confirmed_ms=now_ms() - requests.WAIT_MS)
    assert browser(asker).post(f"/console/approvals/{row.pk}/carry-out", form).status_code == 302
    assert enter(town, first_password(browser(asker), town.administrator)).get("/console/").status_code == 200


def test_the_sealed_code_lets_one_in_again(town: Town) -> None:
    """With every account locked out the envelope's account mends one alone; that is what it is for, and is audited."""
    printed = sealed(town)
    Administrator.objects.filter(pk=town.administrator.pk).update(is_active=True)
    client = Client()
    client.post(SEALED, {"organisation": town.id, "code": printed})
    assert client.post(f"{PAGE}/{town.administrator.pk}/reset", {"reason": "電話をなくした"}).status_code == 302
    assert "account-reset" in town.acts()
    assert enter(town, first_password(client, town.administrator)).get("/console/").status_code == 200
