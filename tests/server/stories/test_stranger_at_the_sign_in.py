"""F72: a stranger who tries a named administrator's password does not keep that administrator out."""

import pytest
from django.conf import settings
from django.test import Client

from hanare_server.console import known_browser
from tests.server.accounts import PASSWORD, Town, fresh_code, send_code, send_password

pytestmark = pytest.mark.story

FACTOR = "/console/sign-in/factor"


def tries(town: Town, password: str, source: str, client: Client | None = None) -> bool:
    """Try a password from a network; return whether it was right and heard."""
    form = {"login": f"admin-{town.id}", "password": password}
    answer = (client or Client()).post("/console/sign-in", form, REMOTE_ADDR=f"{source}-{town.id}")
    return answer.headers.get("Location") == FACTOR


def test_another_network_is_shut_out_alone(town: Town) -> None:
    """After ten wrong ones even the right password waits at the stranger's network, and at no other one."""
    assert not any(tries(town, "guess", "stranger") for _ in range(10))
    assert not tries(town, PASSWORD, "stranger")
    assert tries(town, PASSWORD, "office")


def test_a_botnet_is_bounded_and_the_owners_browser_is_not(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all networks strangers share one bound; a browser in which the owner has signed in has its own."""
    limits = {**settings.ACCOUNT_RATE_LIMITS, "login_failed_anywhere": "12/h/key"}
    monkeypatch.setattr(settings, "ACCOUNT_RATE_LIMITS", limits)
    own = Client()
    send_password(own, town)
    assert send_code(own, town, fresh_code()).headers["Location"] == "/console/"
    assert known_browser.COOKIE in own.cookies
    own.post("/console/sign-out")
    assert not any(tries(town, "guess", f"bot{number}") for number in range(12))
    assert not tries(town, PASSWORD, "bot99")
    assert tries(town, PASSWORD, "office", own)


def test_right_passwords_are_not_counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who signs in often is no guesser."""
    limits = {**settings.ACCOUNT_RATE_LIMITS, "login_failed_anywhere": "3/h/key"}
    monkeypatch.setattr(settings, "ACCOUNT_RATE_LIMITS", limits)
    assert all(tries(town, PASSWORD, f"office{number}") for number in range(5))


def test_the_cookie_of_one_account_is_none_of_another(town: Town) -> None:
    """It is signed, names its account, opens nothing, and a made-up one is a stranger's."""
    own = Client()
    send_password(own, town)
    answer = send_code(own, town, fresh_code())
    kept = answer.cookies[known_browser.COOKIE]
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/console/sign-in")
    request = own.get("/console/sign-in").wsgi_request
    request.COOKIES[known_browser.COOKIE] = kept.value
    assert known_browser.number_of(request, f"admin-{town.id}")
    assert not known_browser.number_of(request, "somebody")
    request.COOKIES[known_browser.COOKIE] = kept.value[:-2]
    assert not known_browser.number_of(request, f"admin-{town.id}")
