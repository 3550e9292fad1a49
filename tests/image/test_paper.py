"""Labels and leaflet as people get them: the PDF's own text, in both languages. Renewed by HANARE_RENEW_GOLDEN=1."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest
import segno

from hanare_core import wire
from hanare_core.sentences import LANGUAGES, Language
from hanare_image.enrolment import Enrolled
from hanare_image.errors import KittingError
from hanare_image.paper import label
from hanare_image.paper.label import Office
from hanare_image.paper.leaflet import leaflet
from hanare_image.paper.print import TEXTS
from tests.image.registry import Registry, site
from tests.image.test_stick_command import hanare

GOLDEN: Final = Path(__file__).parent / "golden"
OFFICE: Final = Office("離れ市 <情報&政策課>", "0123-45-6789", "https://hanare.city.example.jp/")
STICKS: Final = [Enrolled(f"stick-{number:010x}", f"企画課 {number:02}", "12345 " * 6) for number in range(1, 31)]


def text(pdf: bytes, folder: Path) -> str:
    """Return the text of a PDF, without its line breaks: where lines break is the fonts' affair."""
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdftotext", "-raw", str(folder / "page.pdf"), "-"]
    read = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return "".join(read.split()) + "\n"


def pages(pdf: bytes, folder: Path) -> int:
    """Return how many pages a PDF has."""
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdfinfo", str(folder / "page.pdf")]
    read = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return int(next(line.split()[1] for line in read.splitlines() if line.startswith("Pages:")))


def golden(name: str, found: str) -> None:
    """Compare with the kept text."""
    path = GOLDEN / name
    if os.environ.get("HANARE_RENEW_GOLDEN"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_leaflet_is_one_page_and_says_what_it_should(language: Language, tmp_path: Path) -> None:
    """One A4 page even for long names, with every step, key and check of the catalogue and the office's own number."""
    printed = leaflet(OFFICE, language, person="山田 花子")
    golden(f"leaflet.{language}.txt", text(printed, tmp_path))
    long = Office("とても長い名前の一部事務組合" * 3, "情報政策課 0123-45-6789（平日 8時30分～17時15分）", "")
    assert pages(leaflet(long, language, person="x" * 60), tmp_path) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_say_number_and_whom_to_call(language: Language, tmp_path: Path) -> None:
    """Number, id, office and help desk of each stick, nothing else."""
    golden(f"labels.{language}.txt", text(label.sheet(STICKS[:3], OFFICE, language, skip=4), tmp_path))


def test_labels_fill_their_sheets(tmp_path: Path) -> None:
    """24 to a sheet; a used sheet is gone on with; one a page for a label printer."""
    assert pages(label.sheet(STICKS[:24], OFFICE, "ja"), tmp_path) == 1
    assert pages(label.sheet(STICKS[:24], OFFICE, "ja", skip=1), tmp_path) == 2
    assert pages(label.single(STICKS[:3], OFFICE, "ja"), tmp_path) == 3


def test_the_code_leads_to_the_sticks_page() -> None:
    """The QR code holds the console's address and the stick's id, no more; a console without TLS is refused."""
    place = label.address(OFFICE, STICKS[0].stick)
    assert place == "https://hanare.city.example.jp/s/stick-0000000001"
    assert segno.make(place, error="m", micro=False).version <= 5
    with pytest.raises(KittingError):
        label.address(OFFICE._replace(console="http://hanare"), "stick-1")


def test_both_leaflets_have_the_same_parts() -> None:
    """As many steps and checks, and a key for the same makers."""
    japanese, english = (TEXTS.tables(language)["leaflet"] for language in LANGUAGES)
    assert japanese.keys() == english.keys()
    for part in ("steps", "keys", "check", "refused-steps"):
        assert len(japanese[part]) == len(english[part])
    assert sorted(_key(key) for _, key in japanese["keys"]) == sorted(_key(key) for _, key in english["keys"])


def _key(text: str) -> list[str]:
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text).split()
    return [word for word in words if word.startswith("F") or word == "Esc"]


def test_the_commands_print(registry: Registry, tmp_path: Path) -> None:
    """Both commands write their PDF; a record that is none, no stick and an unknown language are said in a sentence."""
    (tmp_path / "site.json").write_bytes(wire.encode(site(registry)))
    (tmp_path / "record.csv").write_text("stick,label\nstick-1,企画課 01\n", "utf-8-sig")
    common = ["--site", tmp_path / "site.json"]
    labels = ["label", tmp_path / "labels.pdf", *common, "--console", "https://hanare"]
    assert hanare(*labels, "--record", tmp_path / "record.csv").returncode == 0
    assert hanare("leaflet", tmp_path / "leaflet.pdf", *common, "--language", "ja").returncode == 0
    assert "企画課01" in text((tmp_path / "labels.pdf").read_bytes(), tmp_path)
    for words in (
        labels,
        [*labels, "--record", tmp_path / "site.json"],
        ["leaflet", tmp_path / "x.pdf", *common, "--language", "fr"],
        ["leaflet", tmp_path / "no/x.pdf", *common],
    ):
        done = hanare(*words)
        assert done.returncode == 1
        assert done.stderr.startswith("hanare: ")
        assert "Traceback" not in done.stderr
