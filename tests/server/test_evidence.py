"""The evidence pack: its text is golden, its verdicts follow the settings in force, and it is a real PDF."""

import dataclasses
import re
import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.test import Client

from hanare_core.profile import Settings
from hanare_server.console.roles import Role
from hanare_server.evidence import pack
from hanare_server.evidence.facts import Facts, InForce
from hanare_server.evidence.items import Standing, lines
from hanare_server.profiles.ready_made import LGWAN
from tests.server.accounts import account, browser
from tests.server.town import Town

GOLDEN = Path(__file__).parent / "golden/evidence.txt"
MOMENT = datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")

TOWN = Facts(
    organisation="離れ市",
    groups=(
        InForce(settings=msgspec.convert(dict(LGWAN), Settings), users=37),
        InForce(settings=Settings(), users=5),
    ),
    users=42,
    without_end=42,
    sticks=50,
    sticks_without_department=0,
    office_pcs=42,
    mynumber_assigned=0,
    gateways=2,
    administrators=3,
    without_person=1,
    audit_rows=900,
    sealed=900,
    sealed_hash="ab" * 32,
    off_box=True,
)


def text_of(html: str) -> str:
    """Return what a reader sees of the document, one piece a line."""
    body = re.sub(r"<style.*?</style>|<[^>]*>", "\n", html, flags=re.DOTALL)
    return "\n".join(line.strip() for line in body.splitlines() if line.strip()) + "\n"


def test_the_text_is_golden() -> None:
    """Not a word of the pack changes unnoticed; a change that is meant goes into the golden file."""
    assert text_of(pack.html(TOWN, MOMENT)) == GOLDEN.read_text("utf-8")


def test_verdicts_follow_the_settings() -> None:
    """An item is kept only when no user is outside of it."""
    mixed = {line.asked: line.standing for line in lines(TOWN)}
    strict = {line.asked: line.standing for line in lines(strict_only(TOWN))}
    factor = "ワンタイムパスワード等による多要素認証を必須とする"
    assert (mixed[factor], strict[factor]) == (Standing.PARTLY, Standing.KEPT)
    assert mixed["許可制とし、必要な期間に限る"] is Standing.OPEN
    assert Standing.PARTLY not in strict.values()


def test_the_page_and_the_pdf(town: Town) -> None:
    """An auditor gets the pack of their own town as a PDF that holds its name and its seal."""
    town.add_user("tanaka", office_pc=False)
    client: Client = browser(account(town.organisation, Role.AUDITOR))
    assert client.get("/console/evidence/").status_code == 200
    answer = client.get("/console/evidence/pdf")
    assert answer.content.startswith(b"%PDF-")
    shown = subprocess.run(["pdftotext", "-", "-"], input=answer.content, capture_output=True, check=True).stdout
    text = re.sub(r"\s", "", shown.decode())
    assert "離れ市" in text
    assert re.sub(r"\s", "", pack.WORDS["title"]) in text
    assert town.organisation.audit_hash in text


@pytest.mark.parametrize("url", ["https://example.com/x", "file:///etc/passwd"])
def test_nothing_is_fetched(url: str) -> None:
    """Whatever a name holds, making the PDF opens nothing."""
    with pytest.raises(ValueError, match="nothing is fetched"):
        pack._refuse(url)


def strict_only(facts: Facts) -> Facts:
    """Return the same town with the strict group only."""
    return dataclasses.replace(facts, groups=facts.groups[:1], users=37)


def test_both_languages_say_every_item() -> None:
    """The page speaks English as well: another text for each, of the same item, with the same figures."""
    for ja, en in zip(lines(TOWN), lines(TOWN, "en"), strict=True):
        assert (ja.source, ja.standing) == (en.source, en.standing)
        assert not JAPANESE.search(f"{en.asked}{en.done}{en.proof}{en.stands}")
        assert JAPANESE.search(ja.asked)
        assert sorted(re.findall(r"\d+", ja.proof)) == sorted(re.findall(r"\d+", en.proof))
