"""F103: every administrator is locked out; the sealed code opens the console once, and the log is loud."""

from itertools import cycle

import pytest
from django.test import Client

from hanare_core.problems import Code
from hanare_server import identifiers
from hanare_server.audit.models import AuditRow
from hanare_server.console.models import Administrator
from hanare_server.emergency import code, pages
from hanare_server.emergency.models import SealedCode
from hanare_server.throttle import Throttle
from tests.keyd.office import code_of
from tests.server.town import Town, command

PAGE = "/console/sealed-code"


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one source try as often as it likes."""
    for name in ("_throttle", "_throttle_in_all"):
        monkeypatch.setattr(pages, name, Throttle(burst=100_000, per_second=1000))


def sealed(town: Town) -> str:
    """Lock every account out and return the code from the envelope."""
    Administrator.objects.filter(organisation=town.id).update(is_active=False)
    return command("sealed_code", organisation=town.id)


def test_the_code_opens_the_console_once(town: Town) -> None:
    """Typed as printed, in small letters or without dashes it opens the console for an hour, and never again."""
    printed = sealed(town)
    browser = Client()
    answer = browser.post(PAGE, {"organisation": town.id, "code": printed.lower().replace("-", " ")})
    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    assert browser.get("/console/").status_code == 200
    assert browser.session.get_expiry_age() <= code.SESSION_SECONDS
    assert Client().post(PAGE, {"organisation": town.id, "code": printed}).status_code == 401
    row = AuditRow.objects.get(organisation=town.id, act="sealed-code-used")
    assert "source" in row.detail
    assert town.acts()[-1] == "sealed-code-refused"


def test_a_wrong_code_is_refused_and_written_down(town: Town) -> None:
    """A wrong code, one of another office, and none at all are answered alike."""
    printed = sealed(town)
    for organisation, typed in ((town.id, "AAAA" * 5), ("nowhere", printed), (town.id, ""), (town.id, "\0" * 9)):
        assert Client().post(PAGE, {"organisation": organisation, "code": typed}).status_code == 401
    assert town.acts().count("sealed-code-refused") == 3
    assert code.use(town.id, printed, "here").organisation_id == town.id


def test_a_new_code_takes_the_place_of_the_old(town: Town) -> None:
    """The code that was printed before is worth nothing, and no row holds either in clear."""
    old, new = sealed(town), command("sealed_code", organisation=town.id)
    assert code_of(lambda: code.use(town.id, old, "here")) is Code.CODE_WRONG
    kept = SealedCode.objects.get(organisation=town.id).code_hash
    assert new not in kept
    assert new.replace("-", "") not in kept
    assert len(new.replace("-", "")) == identifiers.GROUPS * identifiers.GROUP_CHARACTERS


def test_its_use_ends_what_was_opened_before(town: Town) -> None:
    """A second code ends the console session that the first one opened."""
    browser = Client()
    browser.post(PAGE, {"organisation": town.id, "code": sealed(town)})
    code.use(town.id, command("sealed_code", organisation=town.id), "here")
    assert browser.get("/console/").status_code == 302


@pytest.mark.parametrize("sources", [["10.0.0.1"], ["fd00::1", "fd00::2", "fd00::3"]])
def test_guessing_is_slowed_down(town: Town, monkeypatch: pytest.MonkeyPatch, sources: list[str]) -> None:
    """After five wrong codes the page asks a computer to wait, under whichever address of its network."""
    monkeypatch.setattr(pages, "_throttle", Throttle(burst=pages.TRIES, per_second=1 / 60))
    sealed(town)
    outcomes = [guess(town, source) for _, source in zip(range(pages.TRIES + 2), cycle(sources), strict=False)]
    assert outcomes == [401] * pages.TRIES + [429] * 2


def test_a_stranger_does_not_keep_the_envelope_shut(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While other computers type nonsense as fast as they may, the code opens the console from the next one."""
    monkeypatch.setattr(pages, "_throttle", Throttle(burst=pages.TRIES, per_second=1 / 60))
    monkeypatch.setattr(pages, "_throttle_in_all", Throttle(burst=pages.TRIES_IN_ALL, per_second=1))
    printed = sealed(town)
    for number in range(pages.TRIES + 1):
        assert [guess(town, f"10.0.0.{number}") for _ in range(pages.TRIES + 1)][-1] == 429
    assert guess(town, "10.0.1.1", printed) == 302


def guess(town: Town, source: str, typed: str = "x") -> int:
    """Type a code at a computer; return the status."""
    return Client(REMOTE_ADDR=source).post(PAGE, {"organisation": town.id, "code": typed}).status_code


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.usefixtures("town")
def test_the_page_speaks_both_languages(language: str) -> None:
    """The sign-in links to the page, which says what the code does."""
    browser = Client(headers={"accept-language": language})
    assert PAGE in browser.get("/console/sign-in").content.decode()
    text = browser.get(PAGE).content.decode()
    assert {"ja": "封印コードを使う", "en": "Use the sealed code"}[language] in text
