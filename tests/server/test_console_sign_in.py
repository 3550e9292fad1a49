"""How administrators sign in: password and TOTP, recovery codes, forced second factor, throttling, no way around."""

import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client
from django.urls import get_resolver

from hanare_lab.installation.console import Console
from hanare_server.console.models import Administrator
from tests.server.accounts import TYPING_MS, fresh_code, send_code, send_password, sign_in
from tests.server.front import Gunicorn
from tests.server.town import PASSWORD, TOTP_SECRET, Town

ALERT = re.compile(r'role="alert">\s*([^<]*?)\s*<')


def test_a_wrong_password_is_refused_and_audited(town: Town) -> None:
    """The refusal does not say whether the name exists; the log of the account's organisation has it."""
    wrong = send_password(Client(), town, "not the password").content.decode()
    unknown = send_password(Client(), town, login=f"nobody-{town.id}").content.decode()
    assert ALERT.findall(wrong) == ALERT.findall(unknown) != []
    assert town.acts()[-1] == "console-refused"


def test_a_password_alone_opens_nothing(town: Town) -> None:
    """Between password and second factor every page is as closed as before."""
    client = Client()
    assert send_password(client, town).headers["Location"] == "/console/sign-in/factor"
    assert client.get("/console/").status_code == 302
    assert "console-signed-in" not in town.acts()
    assert send_code(client, town, "000000").status_code == 200
    assert client.get("/console/").status_code == 302
    assert town.acts()[-1] == "console-refused"


def test_a_code_works_once_and_in_its_own_step_only(town: Town) -> None:
    """A code that was seen over a shoulder signs nobody in: not again, not from another step (F83)."""
    used = fresh_code(held_ms=TYPING_MS)
    opened = []
    for tried in (used, used, fresh_code(step=-1), fresh_code(step=1)):
        client = Client()
        send_password(client, town)
        send_code(client, town, tried)
        opened.append(client.get("/console/").status_code)
    assert opened == [200, 302, 302, 302]


def test_a_recovery_code_signs_in_once(town: Town) -> None:
    """The codes are shown once, each lets in once, and they stand in no row in clear."""
    client = Client()
    sign_in(client, town)
    client.post("/console/account/recovery-codes/new")
    page = client.get("/console/account/recovery-codes").content.decode()
    codes = re.findall(r"<li><code>(\d+)</code>", page)
    assert len(codes) == 10
    assert not re.search(r"<li><code>", client.get("/console/account/recovery-codes").content.decode())
    for expected in (302, 200):
        client = Client()
        send_password(client, town)
        assert send_code(client, town, codes[0]).status_code == expected


def test_secrets_stand_in_no_row_in_clear(town: Town) -> None:
    """Who reads the database cannot make codes."""
    (row,) = Authenticator.objects.filter(user=town.administrator)
    assert TOTP_SECRET not in str(row.data)
    assert row.wrap().validate_code("nonsense") is False


def test_an_account_without_a_second_factor_can_only_set_one_up(town: Town) -> None:
    """The middleware leads every page to the set-up; after it the account is as any other."""
    Authenticator.objects.filter(user=town.administrator).delete()
    client = Client()
    assert send_password(client, town).headers["Location"] == "/console/"
    for path in ("/console/", "/console/audit", "/console/rows"):
        assert client.get(path).headers["Location"] == "/console/account/totp"
        answer = client.get(path, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (401, "factor-wanted")
    page = client.get("/console/account/totp").content.decode()
    (secret,) = re.findall(r'id="secret">([A-Z2-7]+)<', page)
    done = client.post("/console/account/totp", {"code": fresh_code(secret)})
    assert done.headers["Location"] == "/console/account/recovery-codes"
    assert client.get("/console/").status_code == 200
    assert "factor-set" in town.acts()


def test_the_last_second_factor_cannot_be_removed(town: Town) -> None:
    """An account never falls back to a password alone."""
    client = Client()
    sign_in(client, town)
    client.post("/console/account/totp/remove")
    assert Authenticator.objects.filter(user=town.administrator, type="totp").exists()


def test_an_old_session_proves_itself_before_it_changes_a_factor(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds an open console cannot add a passkey of their own."""
    client = Client()
    sign_in(client, town)
    assert client.get("/console/account/passkeys/new").status_code == 200
    monkeypatch.setattr("hanare_server.console.sign_in.FRESH_SECONDS", 0)
    assert client.get("/console/account/passkeys/new").headers["Location"].startswith("/console/account/again")


def test_guessing_is_slowed_down(town: Town) -> None:
    """After ten wrong passwords even the right one waits, at the network that they came from (F72)."""
    for _ in range(10):
        send_password(Client(), town, "guess")
    assert send_password(Client(), town).status_code in (200, 429)
    assert "console-signed-in" not in town.acts()


def test_there_is_no_admin_that_knows_passwords_only() -> None:
    """Django's own admin, whose sign-in has no second factor, is mounted nowhere."""
    mounted = [pattern for pattern in get_resolver().url_patterns if getattr(pattern, "app_name", "") == "admin"]
    assert mounted == []
    assert not apps.is_installed("django.contrib.admin")
    assert Client().get("/admin/login/").status_code == 404


def test_nobody_signs_up_or_resets_by_mail() -> None:
    """What allauth offers beyond our own table of addresses does not exist."""
    for path in ("signup", "password/reset", "email", "account/signup", "account/email"):
        assert Client().get(f"/console/{path}/").status_code == 404


def test_a_closed_account_does_not_sign_in(town: Town) -> None:
    """An account that was closed is refused, and its open sessions end."""
    client = Client()
    sign_in(client, town)
    Administrator.objects.filter(pk=town.administrator.pk).update(is_active=False)
    assert client.get("/console/").status_code == 302
    assert send_password(Client(), town).headers.get("Location") != "/console/sign-in/factor"


def test_signs_out(town: Town) -> None:
    """After the sign-out the pages are closed, and the log has both."""
    client = Client()
    sign_in(client, town)
    client.post("/console/sign-out")
    assert client.get("/console/").status_code == 302
    assert town.acts()[-2:] == ["console-signed-in", "console-signed-out"]


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", "/stick/v1/hello", "\\\\x"])
def test_the_sign_in_leads_to_our_pages_only(town: Town, wanted: str) -> None:
    """A crafted `next` leads nobody away (F75)."""
    client = Client()
    send_password(client, town, next=wanted)
    answer: Any = send_code(client, town, fresh_code())
    assert answer.headers["Location"] == "/console/"


def test_a_program_signs_in_by_the_same_pages(town: Town, tmp_path: Path) -> None:
    """The lab's client, which has the password and the authenticator's secret, suspends a stick over HTTP."""
    stick = town.add_stick()
    gunicorn = Gunicorn(tmp_path)
    with gunicorn.running():
        console = Console(gunicorn.socket, f"admin-{town.id}", PASSWORD, TOTP_SECRET)
        assert console.suspend("sticks", stick.stick)["state"] == "stopped"
        console.close()
    assert town.row(stick).state == "suspended"
