"""Both languages are complete: the console's catalogues, and what the templates and views use."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import hanare_server

ROOM = Path(hanare_server.__file__).parent
LANGUAGES = ["ja", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_compiles_whole(language: str, tmp_path: Path) -> None:
    """Msgfmt finds no fault, and nothing is untranslated or fuzzy."""
    source = ROOM / "locale" / language / "LC_MESSAGES" / "django.po"
    done = subprocess.run(
        ["msgfmt", "--check-format", "--check-domain", "--statistics", "-o", tmp_path / "django.mo", source],
        capture_output=True,
        check=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert "untranslated" not in done.stderr
    assert "fuzzy" not in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_ours_is_in_the_catalogue(language: str) -> None:
    """What a template or view marks for translation stands in both catalogues, and nothing else does."""
    assert _catalogue(language) == _used()


def test_no_template_holds_bare_japanese_or_english_sentences() -> None:
    """Text between tags is either translated or a name."""
    allowed = {"Hanare", "– Hanare", "English", "日本語", "–", "·", "="}
    for template in ROOM.glob("*/templates/**/*.html"):
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", "\n", template.read_text("utf-8"), flags=re.DOTALL)
        words = {line.strip() for line in text.splitlines()} - allowed
        bare = {word for word in words if re.search(r"\w", word) and word not in _used()}
        assert bare <= {"stopped, last packet"}, template


def _catalogue(language: str) -> set[str]:
    text = (ROOM / "locale" / language / "LC_MESSAGES" / "django.po").read_text("utf-8")
    return {ast.literal_eval(f'"{found}"') for found in re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)}


def _used() -> set[str]:
    found: set[str] = set()
    for template in ROOM.glob("*/templates/**/*.html"):
        text = template.read_text("utf-8")
        found |= {match[1] for match in re.findall(r"{% translate (['\"])(.+?)\1", text)}
        found |= set(re.findall(r'_\("(.+?)"\)', text))
        for block in re.findall(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", text):
            found.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", block))
    for module in ROOM.glob("console/*.py"):
        found |= set(re.findall(r'gettext(?:_lazy)?\(\s*"(.+?)"', module.read_text("utf-8")))
        found |= set(re.findall(r'pgettext_lazy\("[^"]+", "(.+?)"\)', module.read_text("utf-8")))
    return found - {"one use"}
