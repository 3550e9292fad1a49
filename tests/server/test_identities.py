"""Signing in through another system by OpenID Connect, against a real provider in a process of its own."""

import html
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser

from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from tests.process import Process, free_port
from tests.server import identity_provider as there
from tests.server.accounts import account, fresh_code, send_code, sign_in
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town

CALLBACK = "https://testserver/console/sign-in/with/city/back"
BEGIN = "/console/sign-in/with/city"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the provider."""
    port = free_port()
    folder = tmp_path_factory.mktemp("identities")
    command = [sys.executable, "-m", "tests.server.identity_provider", str(folder), str(port), CALLBACK]
    with Process(command, folder / "log", listens=[port]).running():
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def _offered(settings: Any, issuer: str) -> None:
    app = {
        "provider_id": "city",
        "name": "市の認証基盤",
        "client_id": there.CLIENT,
        "secret": there.SECRET,
        "settings": {"server_url": issuer},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}


def address(answer: Any) -> str:
    """Return where a page leads by itself."""
    (found,) = re.findall(r'content="0;url=([^"]+)"', answer.content.decode())
    return html.unescape(found)


def at_the_provider(authorization: str) -> str:
    """Sign in there, and return the address of ours that it leads back to, without the host."""
    with httpx.Client(follow_redirects=False, timeout=30) as browser:
        answer = browser.get(authorization)
        while answer.headers["Location"].startswith("/"):
            path = answer.headers["Location"]
            base = "{0.scheme}://{0.netloc}".format(urlsplit(authorization))
            answer = browser.get(base + path)
            if answer.status_code == 200:
                form = {"login": there.USER, "password": there.PASSWORD}
                answer = browser.post(base + path, data=form)
        back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
    return f"{back.path}?{back.query}"


def through(client: Client, **form: str) -> Any:
    """Go there and back; return our answer."""
    return client.get(at_the_provider(address(client.post(BEGIN, form, secure=True))), secure=True)


def test_a_linked_identity_signs_in_and_asks_for_the_second_factor(town: Town) -> None:
    """Linking by the signed-in owner, then a sign-in without the password here, and the factor of here all the same."""
    owner = Client()
    sign_in(owner, town)
    assert through(owner, process="connect").headers["Location"] == "/console/account"
    assert "identity-linked" in town.acts()
    browser = Client()
    answer = through(browser)
    assert answer.headers["Location"] == "/console/sign-in/factor"
    assert browser.get("/console/").status_code == 302
    assert send_code(browser, town, fresh_code(step=1)).status_code == 200
    Administrator.objects.filter(pk=town.administrator.pk).update(is_active=False)
    assert "factor" not in through(Client()).headers.get("Location", "")
    Administrator.objects.filter(pk=town.administrator.pk).update(is_active=True)
    (linked,) = SocialAccount.objects.filter(user=town.administrator)
    assert owner.post(f"/console/account/identities/{linked.pk}/remove").status_code == 302
    assert "identity-removed" in town.acts()


def test_an_identity_that_nobody_linked_opens_nothing(town: Town) -> None:
    """Not even one with the mail address or the name of an account: those the other system may give to anybody."""
    twin = account(town.organisation, Role.ADMINISTRATOR)
    Administrator.objects.filter(pk=twin.pk).update(mail="sato@example.jp")
    browser = Client()
    answer = through(browser)
    assert answer.status_code == 200
    assert browser.get("/console/").status_code == 302
    assert not SocialAccount.objects.filter(user=twin).exists()


def test_the_way_back_is_asked_for_again_without_our_cookie() -> None:
    """A strict cookie does not come with the other system's redirect: the page asks for itself, once."""
    browser = Client()
    back = at_the_provider(address(browser.post(BEGIN, secure=True)))
    answer = Client().get(back, secure=True)
    assert address(answer) == f"{back}&again=1"
    assert browser.get(f"{back}&again=1", secure=True).status_code == 200
    assert django_settings.SESSION_COOKIE_SAMESITE == "Strict"


@pytest.mark.usefixtures("town")
def test_who_cancels_there_is_led_back() -> None:
    """A refusal of this very sign-in leads to the sign-in page, which says so."""
    browser = Client(headers={"Accept-Language": "ja"})
    begun = parse_qs(urlsplit(address(browser.post(BEGIN, secure=True))).query)
    answer = browser.get(f"{BEGIN}/back?error=access_denied&state={begun['state'][0]}", secure=True, follow=True)
    assert answer.redirect_chain[-1][0] == "/console/sign-in"
    assert "連携先のシステムでサインインできませんでした" in answer.content.decode()


@pytest.mark.usefixtures("town")
def test_what_is_made_up_opens_nothing() -> None:
    """A state of another browser, a refusal, an unknown provider, a link from elsewhere, linking as a stranger."""
    stolen = at_the_provider(address(Client().post(BEGIN, secure=True)))
    for path in (f"{stolen}&again=1", f"{BEGIN}/back?error=access_denied&again=1", f"{BEGIN}/back?again=1"):
        browser = Client()
        assert browser.get(path, secure=True).status_code < 500
        assert browser.get("/console/").status_code == 302
    assert Client().post("/console/sign-in/with/nobody").status_code == 404
    assert Client().get(BEGIN).status_code == 405
    assert Client().post(f"{BEGIN}?process=connect").headers["Location"] == "/console/sign-in"
    assert Client().post(BEGIN, {"process": "connect"}).headers["Location"] == "/console/sign-in"


def test_an_old_session_proves_itself_before_it_links(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds an open console cannot link an identity of their own."""
    owner = Client()
    sign_in(owner, town)
    monkeypatch.setattr("hanare_server.console.sign_in.FRESH_SECONDS", 0)
    answer = owner.post(BEGIN, {"process": "connect"})
    assert answer.headers["Location"].startswith("/console/account/again")


def test_a_provider_that_is_away_is_said(settings: Any) -> None:
    """No 5xx: one is led to the sign-in by password, which says why."""
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    browser = Client(headers={"Accept-Language": "ja"})
    assert browser.post(BEGIN).headers["Location"] == "/console/sign-in"
    assert "連携先のシステムが応答しません" in browser.get("/console/sign-in").content.decode()


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, language: str) -> None:
    """The sign-in offers the other system; the account says what is linked; what went wrong is said."""
    owner, stranger = (Client(headers={"Accept-Language": language}) for _ in "ab")
    sign_in(owner, town)
    visitor = Visitor(chrome, "https://testserver", town.administrator, language)
    visitor.show(stranger.get("/console/sign-in"), "identity-offered")
    visitor.show(owner.get("/console/account"), "identity-none")
    visitor.show(through(stranger), "identity-unknown")
    begun = parse_qs(urlsplit(address(stranger.post(BEGIN, secure=True))).query)
    refused = f"{BEGIN}/back?error=access_denied&state={begun['state'][0]}&again=1"
    assert stranger.get(refused, secure=True).status_code == 302
    visitor.show(stranger.get("/console/sign-in/cancelled", follow=True), "identity-cancelled")
    assert through(owner, process="connect").status_code == 302
    visitor.show(owner.get("/console/account"), "identity-linked")
    (linked,) = SocialAccount.objects.filter(user=town.administrator)
    assert owner.post(f"/console/account/identities/{linked.pk}/remove").status_code == 302
    visitor.close()
    assert visitor.faults == []
