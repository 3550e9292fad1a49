"""The console: sign-in, the live page, the buttons, the audit list, languages, headers."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from hanare_core import signed, wire
from hanare_core.messages.local import LIVE_PATH, LiveHello, LiveToken
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_server import keys
from hanare_server.audit.log import Act, ActorKind
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.console import words
from hanare_server.console.headers import POLICY
from hanare_server.directory.models import Stick
from tests.server.accounts import sign_in
from tests.server.town import GONE_S, Town
from tests.server.worker_at_home import AtHome

JSON = "application/json"
PAGES = ["/console/", "/console/rows", "/console/audit", "/console/live-token"]


@pytest.fixture
def browser(town: Town) -> Client:
    """Give a browser in which the administrator has signed in, with CSRF checks on."""
    client = Client(enforce_csrf_checks=True)
    sign_in(client, town)
    return client


def test_pages_lead_strangers_to_the_sign_in(town: Town) -> None:
    """No page shows anything to who has not signed in; programs get 401."""
    for path in PAGES:
        assert Client().get(path).headers["Location"].startswith("/console/sign-in")
        assert Client().get(path, headers={"Accept": "application/json"}).status_code == 401
    assert Client().post(f"/console/api/organisations/{town.id}/suspend").status_code == 302
    assert town.organisation.state == "on"


def test_shows_who_is_using_it_now(town: Town, browser: Client) -> None:
    """The page names user, department, stick, office PC and gateway of each open session."""
    town.ready().sign_in("tanaka")
    page = browser.get("/console/").content.decode()
    for word in ("tanaka", "総務課", "総務1", "PC-tanaka", "ゲートウェイ0", "利用中", "端末を利用停止"):
        assert word in page
    assert "離れ市" in page


def test_suspends_and_resumes_by_the_page(town: Town, browser: Client) -> None:
    """The button stops the stick and the list shows the receipt; the resume button brings it back."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    (gateway,) = town.gateways.values()
    gateway.report(answer.paths[0].lease, now_ms())
    rows = _press(browser, f"/console/api/sticks/{stick.stick}/suspend", htmx=True).content.decode()
    assert re.search(r"停止済み・最後のパケット \d\d:\d\d:\d\d\.\d{3}", rows)
    assert town.row(stick).state == Stick.State.SUSPENDED
    _press(browser, f"/console/api/sticks/{stick.stick}/resume", htmx=True)
    assert town.row(stick).state == Stick.State.ACTIVE
    assert [act for act in town.acts() if act in {"suspended", "resumed"}] == ["suspended", "resumed"]


def test_suspends_for_programs(town: Town, browser: Client) -> None:
    """A program gets the receipt as JSON, and a refusal as a code."""
    stick = town.ready()
    answer = stick.sign_in("tanaka")
    done = _press(browser, f"/console/api/sticks/{stick.stick}/suspend", accept=JSON).json()
    assert (done["state"], done["leases"]) == ("stopped", [answer.paths[0].lease])
    (receipt,) = done["receipts"]
    assert (receipt["session"], receipt["last_packet_ms"]) == (answer.session, 0)
    unknown = _press(browser, "/console/api/sticks/st-nobody/suspend", accept=JSON)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
    assert _press(browser, "/console/api/planets/x/suspend", accept=JSON).status_code == 404


def test_without_a_receipt_the_page_says_stopping(town: Town, browser: Client) -> None:
    """Until the gateway has spoken the list says that the session is being stopped."""
    stick = town.ready()
    stick.sign_in("tanaka")
    (gateway,) = town.gateways.values()
    gateway.receipts = False
    rows = _press(browser, f"/console/api/sticks/{stick.stick}/suspend", htmx=True).content.decode()
    assert '<span class="badge bg-yellow-lt">停止中…</span>' in rows


def test_a_form_without_its_token_is_refused(town: Town, browser: Client) -> None:
    """A forged form changes nothing."""
    stick = town.add_stick()
    assert browser.post(f"/console/api/sticks/{stick.stick}/suspend").status_code == 403
    assert town.row(stick).state == Stick.State.ACTIVE


def test_another_organisations_things_are_not_found(town: Town, browser: Client) -> None:
    """An administrator can stop nothing of another organisation."""
    stranger = AtHome(stick=f"st-{town.id}", organisation=town.id, ca_key=town.ca_key)
    elsewhere = Stick.objects.exclude(organisation=town.id).first()
    identifier = elsewhere.pk if elsewhere else stranger.stick
    answer = _press(browser, f"/console/api/sticks/{identifier}/suspend", accept=JSON)
    assert answer.json()["code"] == Code.NOT_FOUND


def test_lists_the_audit_log_by_pages(town: Town, browser: Client) -> None:
    """The newest hundred rows come first, with names; older ones by their number."""
    for _ in range(60):
        stick = town.add_stick()
    page = browser.get("/console/audit").content.decode()
    assert "登録トークンを発行" in page
    assert "総務1" in page
    (before,) = re.findall(r"\?before=(\d+)", page)
    older = browser.get(f"/console/audit?before={before}").content.decode()
    assert f">{int(before) - 1}</td>" in older
    assert f">{before}</td>" not in older
    assert stick.stick in page
    for odd in ("x", "-1", "9" * 30, "９"):
        assert browser.get("/console/audit", {"before": odd}).status_code == 200


def test_the_live_token_is_for_this_organisation_and_a_minute(town: Town, browser: Client) -> None:
    """The hub accepts the page by a token that the server's key signed."""
    text = browser.get("/console/live-token").json()["token"]
    token = signed.verify(Kind.LIVE_TOKEN, text, signed.public_text(keys.signing_key()), LiveToken)
    assert (token.organisation, token.departments, token.language) == (town.id, (), "ja")
    assert 0 < token.not_after_ms - now_ms() <= 60_000
    with town.hub.dial(LIVE_PATH) as channel:
        channel.send(wire.encode(LiveHello(text)).decode())
        change = json.loads(channel.recv(timeout=GONE_S))
    assert (change["type"], change["revision"]) == ("change", town.organisation.revision)


def test_every_answer_has_a_strict_policy(browser: Client) -> None:
    """Pages, refusals and the API carry the headers; no page has an inline script, style or handler."""
    for path in [*PAGES, "/console/sign-in", "/console/account", "/nowhere", "/stick/v1/hello"]:
        answer = browser.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]
        assert not re.search(rb"<script>|<style|\son[a-z]+=|\sstyle=|javascript:", answer.content)


def test_switches_the_language(browser: Client) -> None:
    """The switch shows every page in English, and the browser keeps it."""
    _press(browser, "/console/language", language="en", next="/console/")
    assert "Who is using it now" in browser.get("/console/").content.decode()
    assert "利用中" not in browser.get("/console/").content.decode().replace("日本語", "")
    token = browser.get("/console/live-token").json()["token"]
    assert signed.unverified(token, LiveToken).language == "en"


def test_cookies_are_kept_from_scripts(browser: Client) -> None:
    """Session and CSRF cookies are HttpOnly, SameSite=Strict and, with TLS, Secure."""
    for name in ("hanare_console", "hanare_csrf"):
        cookie = browser.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Strict", True)


def test_every_act_and_actor_has_its_word() -> None:
    """The audit list can show whatever the log can hold."""
    assert set(words.ACTS) == set(Act)
    assert {kind.value for kind in ActorKind} <= set(words.THINGS)


@pytest.mark.parametrize("act", ["suspend", "resume"])
def test_a_button_leads_back_to_its_page(town: Town, browser: Client, act: str) -> None:
    """Who suspends or resumes on a stick's own page stays on it; a page of ours that is missing leads to the start."""
    stick = town.add_stick()
    here = f"/console/directory/sticks/{stick.stick}"
    path = f"/console/api/sticks/{stick.stick}/{act}"
    assert [_press(browser, path, **more).headers["Location"] for more in ({"next": here}, {})] == [here, "/console/"]


def test_a_resumption_says_why(town: Town, browser: Client) -> None:
    """The page asks for the reason, and the log keeps it beside the act."""
    stick = town.add_stick()
    here = f"/console/directory/sticks/{stick.stick}"
    _press(browser, f"/console/api/sticks/{stick.stick}/suspend")
    page = browser.get(f"/console/resume/sticks/{stick.stick}?next={here}").content.decode()
    assert f'value="{here}"' in page
    _press(browser, f"/console/api/sticks/{stick.stick}/resume", reason="  持ち主に\t確認した ")
    row = AuditRow.objects.filter(organisation=town.id, act="resumed").get()
    assert row.detail == {"why": "持ち主に 確認した"}
    assert browser.get(f"/console/resume/sessions/{stick.stick}").status_code == 404


def _press(client: Client, path: str, *, htmx: bool = False, accept: str = "", **fields: str) -> Any:
    """Send a form of the page with its token, as a browser, htmx or a program does."""
    headers = {"HX-Request": "true"} if htmx else {}
    if accept:
        headers["Accept"] = accept
    token = client.cookies["hanare_csrf"].value
    return client.post(path, {**fields, "csrfmiddlewaretoken": token}, headers=headers)
