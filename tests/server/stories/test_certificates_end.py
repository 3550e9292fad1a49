"""F61: a certificate ends: told 30, 7 and 1 days before; then no new sign-in, and no session dropped by surprise."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.conf import settings

from hanare_core import certificate
from hanare_core.problems import Code, Problem
from hanare_server.access import upkeep
from hanare_server.access.models import Session
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console import attention
from hanare_server.console.roles import Role
from hanare_server.directory.models import Stick
from tests.server.accounts import account, browser
from tests.server.test_attention import matters
from tests.server.town import Town
from tests.server.worker_at_home import AtHome


@pytest.mark.parametrize(("days", "told"), [(31, None), (29, 30), (8, 30), (6, 7), (2, 7), (0.5, 1), (-1, 1)])
def test_a_sticks_certificate_is_told_before_it_ends(town: Town, days: float, told: int | None) -> None:
    """Once, at the most urgent of 30, 7 and 1 days; the line leads to the stick; a suspended one is not counted."""
    stick = town.add_stick("総務1")
    assert town.row(stick).certificate_until_ms == 2**52
    Stick.objects.filter(pk=stick.stick).update(certificate_until_ms=now_ms() + int(days * DAY_MS))
    assert matters(town) == ({f"certificate={told}": 1} if told else {})
    if told:
        page = browser(town.administrator).get(f"/console/directory/sticks?certificate={told}").content.decode()
        assert "総務1" in page.partition("<tbody")[2]
    Stick.objects.filter(pk=stick.stick).update(state="suspended")
    assert matters(town) == {}


def test_after_its_end_nobody_signs_in_and_who_works_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next sign-in is refused by keyd with the code; the session that is open is left to its own end."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    ended = _ended(stick)
    monkeypatch.setattr(AtHome, "certificate", lambda _self: ended)
    Stick.objects.filter(pk=stick.stick).update(certificate=ended, certificate_until_ms=1)
    assert upkeep.round_of(town.organisation) == 0
    assert town.session(session).state == Session.State.OPEN
    with pytest.raises(Problem) as problem:
        stick.open("tanaka")
    assert problem.value.code is Code.CERTIFICATE_EXPIRED
    assert town.session(session).state == Session.State.OPEN


@pytest.mark.parametrize(("days", "told"), [(40, ""), (20, "30日以内"), (5, "7日以内"), (0, "1日以内")])
def test_the_servers_own_certificate_is_told(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, told: str
) -> None:
    """On the start page of who sees gateways; a file that cannot be read is told too."""
    file = tmp_path / "server.pem"
    file.write_bytes(_pem(days))
    _watch(monkeypatch, file)
    page = browser(town.administrator).get("/console/", headers={"Accept-Language": "ja"}).content.decode()
    assert ("サーバーの証明書" in page) == bool(told)
    assert told in page
    assert attention.of(account(town.organisation, Role.CONTACT)) == []
    file.write_text("nonsense")
    assert (
        "証明書を読めません"
        in browser(town.administrator).get("/console/", headers={"Accept-Language": "ja"}).content.decode()
    )


def _watch(monkeypatch: Any, file: Path) -> None:
    monkeypatch.setattr(settings, "HANARE", msgspec.structs.replace(settings.HANARE, tls_certificate_file=str(file)))


def _ended(stick: AtHome) -> str:
    known = certificate.signed.unverified(stick.certificate(), certificate.StickCertificate)
    return certificate.issue(msgspec.structs.replace(known, not_after_ms=now_ms() - 1), stick.ca_key)


def _pem(days: int) -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hanare-server")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - dt.timedelta(days=9))
    made = made.not_valid_after(now + dt.timedelta(days=days, hours=1))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
