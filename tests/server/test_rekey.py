"""The re-key on the server: requests, the kitting station's certificates, and the change-over of each stick."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from playwright.sync_api import Browser

from hanare_core import certificate, signed
from hanare_core.certificate import StickCertificate
from hanare_core.keyring import GatewayList, KeySet
from hanare_core.messages import api, renewal
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_core.site import Endpoint, GatewaySite
from hanare_image import rekey as station
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from hanare_server.rekey import rounds
from hanare_server.rekey.models import Rekey
from tests.keyd.office import code_of
from tests.server import renewing
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town
from tests.server.worker_at_home import AtHome


def test_a_stick_changes_its_keys_and_signs_in_with_them(town: Town, tmp_path: Path) -> None:
    """From request to change-over: the old keys work until the stick came through the new door, and never again."""
    stick, keys = town.ready(), KeySet.generate()
    assert not renewing.ask(stick).wanted
    renewing.start(town)
    assert renewing.ask(stick).wanted
    assert renewing.ask(stick, keys).certificate is None
    assert renewing.sign(town, tmp_path) == "1 certificates, 0 refused"
    text = renewing.ask(stick, keys).certificate or ""
    shown = certificate.verify(text, signed.public_text(town.ca_key), organisation=town.id, now_ms=now_ms())
    assert (shown.stick, shown.identity_key, shown.door_key) == (stick.stick, *keys.public)
    assert code_of(renewing.with_keys(stick, keys).hello) is Code.NOT_AUTHENTIC
    stick.end(stick.sign_in("tanaka").session, "ended-by-user")
    new = renewing.come_through(stick, keys)
    renewing.come_through(stick, keys)
    assert code_of(stick.hello) is Code.NOT_AUTHENTIC
    assert new.sign_in("tanaka").session
    assert not renewing.ask(new).wanted
    assert renewing.step(town, "status") == "unseen 0 asked 0 certified 0 done 1"
    assert town.acts().count("renewed") == 1


def test_a_replaced_certificate_opens_nothing_at_keyd(town: Town, tmp_path: Path) -> None:
    """Who rules the server puts the old keys back: keyd, which has seen the new certificate, refuses them."""
    stick, keys = town.ready(), KeySet.generate()
    before = town.row(stick)
    new = _rekeyed(town, stick, keys, tmp_path)
    new.end(new.sign_in("tanaka").session, "ended-by-user")
    row = town.row(stick)
    row.identity_key, row.door_key, row.certificate = before.identity_key, before.door_key, before.certificate
    row.save()
    stick.generation = new.generation
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.NOT_AUTHENTIC


def test_a_second_set_of_keys_in_one_round_is_a_copys(town: Town, tmp_path: Path) -> None:
    """A copy that asks with keys of its own is refused and written down; the first set still goes through."""
    stick, keys = town.ready(), KeySet.generate()
    renewing.start(town)
    renewing.ask(stick, keys)
    assert code_of(lambda: renewing.ask(stick, KeySet.generate())) is Code.CONFLICT
    assert town.acts()[-1] == "renewal-refused"
    renewing.sign(town, tmp_path)
    assert renewing.come_through(stick, keys).hello()
    other = town.ready("suzuki")
    assert code_of(lambda: renewing.ask(other, keys)) is Code.CONFLICT


def test_who_may_not_be_heard_changes_no_keys(town: Town, tmp_path: Path) -> None:
    """A suspended stick, a stale generation, another's signature and no round at all are refused."""
    stick, keys = town.ready(), KeySet.generate()
    assert code_of(lambda: renewing.ask(stick, keys)) is Code.OUT_OF_ORDER
    renewing.start(town)
    renewing.ask(stick, keys)
    renewing.sign(town, tmp_path)
    stick.generation += 5
    assert code_of(lambda: renewing.ask(stick, keys)) is Code.NOT_AUTHENTIC
    stick.generation -= 5
    forged = signed.sign(Kind.RENEWED, api.RenewedBody(stick=stick.stick), stick.identity)
    message = api.Renewed(stick=stick.stick, signed=forged)
    new = renewing.with_keys(stick, keys)
    for sender in (stick, new):
        assert code_of(lambda one=sender: one.post(f"{api.PREFIX}/renewed", message, api.Done)) is Code.NOT_AUTHENTIC
    row = town.row(stick)
    row.state = "suspended"
    row.save()
    assert code_of(lambda: renewing.ask(stick, keys)) is Code.SUSPENDED
    assert code_of(lambda: renewing.come_through(stick, keys)) is Code.SUSPENDED


def test_the_station_signs_for_sticks_of_its_own_only(town: Town) -> None:
    """A file from a server that cannot be trusted: what no certified stick signed gets no certificate."""
    stick, stranger = town.add_stick(), AtHome("st-evil", town.id, town.ca_key)
    stranger.ca_key = stranger.identity
    good = _request(stick, stick)
    requests = [good, _request(stick, stranger), _request(stranger, stranger), _request(stick, stick, next_keys=False)]
    done = station.certify_requests(requests, town.ca_key, now_ms=now_ms())
    assert [line for line, _ in done.refused] == [2, 3, 4]
    assert signed.unverified(done.answers[0].certificate, StickCertificate).stick == stick.stick


def test_an_import_takes_what_holds_and_names_the_rest(town: Town, tmp_path: Path) -> None:
    """Certificates of another CA, for other keys and for no request are named; a file that is none changes nothing."""
    stick, keys, idle = town.ready(), KeySet.generate(), town.add_stick()
    renewing.start(town)
    renewing.ask(stick, keys)
    foreign = AtHome(stick.stick, town.id, AtHome("x", "x", town.ca_key).identity)
    file = tmp_path / "answers"
    lines = [foreign.certificate(), stick.certificate(), idle.certificate()]
    file.write_bytes(renewal.lines(renewal.Answer(text) for text in lines))
    assert renewing.step(town, "import", file=file) == "0 certificates, 3 refused"
    assert town.row(stick).next_certificate == ""
    assert renewing.step(town, "status") == "unseen 1 asked 1 certified 0 done 0"


def test_sticks_hear_of_new_gateways_by_the_cas_list_only(town: Town, tmp_path: Path) -> None:
    """The newest list is told until the stick has settled on it; an older and a forged one are not taken."""
    stick = town.ready()
    file = tmp_path / "list"
    for number in (1, 2):
        file.write_text(_gateways(town, number))
        assert renewing.step(town, "gateways", file=file) == f"gateway list {number}"
    told = renewing.ask(stick).gateway_list or ""
    assert signed.unverified(told, GatewayList).number == 2
    assert renewing.ask(stick, list_number=2).gateway_list is None
    assert town.row(stick).list_number == 2
    with pytest.raises(Exception, match="conflict"):
        renewing.step(town, "gateways", file=file)


def _rekeyed(town: Town, stick: AtHome, keys: KeySet, folder: Path) -> AtHome:
    renewing.start(town)
    renewing.ask(stick, keys)
    renewing.sign(town, folder)
    return renewing.come_through(stick, keys)


def _request(stick: AtHome, signer: AtHome, *, next_keys: bool = True) -> renewal.Request:
    shown = api.NewKeys(*KeySet.generate().public) if next_keys else None
    body = api.RenewBody(stick=stick.stick, generation=0, list_number=0, next=shown)
    return renewal.Request(stick.certificate(), signed.sign(Kind.RENEW, body, signer.identity))


def _gateways(town: Town, number: int) -> str:
    gateway = GatewaySite("gw-1", renewing.of(town.add_stick()).public[1], (Endpoint("192.0.2.1", 51820),))
    return signed.sign(Kind.GATEWAY_LIST, GatewayList(town.id, number, (gateway,)), town.ca_key)


def test_the_console_lists_who_is_late(town: Town, tmp_path: Path) -> None:
    """The page says of each stick how far it is, and after the deadline which are late, in the reader's language."""
    client = browser(town.administrator)
    assert "鍵の更新は始まっていません" in client.get("/console/rekey/").content.decode()
    _rekeyed(town, town.ready(), KeySet.generate(), tmp_path)
    late = town.add_stick("出張用1")
    shown = client.get("/console/rekey/").content.decode()
    assert shown.count("開始後の接続なし") == 2  # in the list and in the filter
    assert shown.count("更新遅れ") == 2  # in the explanation and in the filter
    Rekey.objects.filter(organisation=town.id).update(deadline_ms=now_ms())
    shown = client.get("/console/rekey/?progress=late").content.decode()
    assert (late.stick in shown, "総務1" in shown, shown.count("更新遅れ")) == (True, False, 3)


def test_a_rekey_takes_two_people(town: Town) -> None:
    """Who asks in the console begins nothing and cannot approve it, a second person does; an operator cannot ask."""
    asker, second = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    operator = browser(account(town.organisation, Role.OPERATOR))
    form = {"days": "30", "reason": "drill"}
    assert operator.post("/console/rekey/start", form).status_code == HTTPStatus.FORBIDDEN
    answer = browser(asker).post("/console/rekey/start", form)
    (asked,) = Request.objects.filter(organisation=town.id)
    assert answer.headers["Location"] == f"/console/approvals/{asked.pk}"
    assert rounds.present(town.id) is None
    assert code_of(lambda: requests.approve(asker, asked.pk, asked.payload_hash)) is Code.NOT_PERMITTED
    requests.approve(second, asked.pk, asked.payload_hash)
    begun = rounds.present(town.id)
    assert begun is not None
    assert begun.deadline_ms - begun.started_ms == 30 * 24 * 3600 * 1000
    assert town.acts()[-2:] == ["approved", "rekey-started"]


def test_a_rekey_that_began_meanwhile_voids_the_request(town: Town) -> None:
    """What was asked for while no round ran is not carried out over one that runs."""
    asker, second = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    asked = requests.ask(asker, Loosening.START_REKEY, {"days": 30})
    renewing.start(town)
    begun = rounds.present(town.id)
    assert code_of(lambda: requests.approve(second, asked.pk, asked.payload_hash)) is Code.CONFLICT
    assert rounds.present(town.id) == begun


@pytest.mark.parametrize("days", ["", "0", "366", "9999", "-1", "x", "１４"])
def test_days_that_cannot_be_are_refused(town: Town, days: str) -> None:
    """A deadline outside a day and a year asks for nothing."""
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    assert client.post("/console/rekey/start", {"days": days}).status_code == HTTPStatus.BAD_REQUEST
    assert not Request.objects.filter(organisation=town.id).exists()


def test_no_command_begins_one(town: Town) -> None:
    """On the server's command line nobody begins a re-key alone."""
    with pytest.raises(CommandError, match="invalid choice"):
        renewing.step(town, "start")


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_in_a_browser(town: Town, chrome: Browser, tmp_path: Path, address: str, language: str) -> None:
    """The page obeys the CSP, passes axe and fits the screen, in both languages."""
    asker = account(town.organisation, Role.ADMINISTRATOR)
    asked, certified = town.add_stick("出張用1"), town.add_stick("出張用2")
    _rekeyed(town, town.add_stick("企画課1"), KeySet.generate(), tmp_path)
    renewing.ask(certified, KeySet.generate())
    renewing.sign(town, tmp_path)
    renewing.ask(asked, KeySet.generate())
    town.add_stick("企画課2")
    asked_again = requests.ask(asker, Loosening.START_REKEY, {"days": 7}, "ゲートウェイへの侵入の疑い")
    Rekey.objects.filter(organisation=town.id).update(deadline_ms=now_ms())
    visitor = Visitor(chrome, address, town.administrator, language)
    visitor.look("/console/rekey/", "rekey")
    visitor.look("/console/rekey/start", "rekey-start")
    visitor.look(f"/console/approvals/{asked_again.pk}", "approval-rekey")
    visitor.close()
    assert not visitor.faults, visitor.faults
