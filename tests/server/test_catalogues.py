"""Both languages are complete: the console's catalogues, and what the templates and views use."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import hanare_server

ROOM = Path(hanare_server.__file__).parent
LANGUAGES = ["ja", "en"]
CATALOGUES = "**/locale/*/LC_MESSAGES/django.po"
"""The console's own catalogue, and one for each app that has its own `locale` folder."""


@pytest.mark.parametrize("source", sorted(ROOM.glob(CATALOGUES)), ids=lambda path: str(path.relative_to(ROOM)))
def test_a_catalogue_compiles_whole(source: Path, tmp_path: Path) -> None:
    """Msgfmt finds no fault, and nothing is untranslated or fuzzy."""
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
    blocks = r"{% (blocktranslate|comment).*?{% end\1 %}|{%.*?%}|{{.*?}}|<[^>]*>"
    for template in ROOM.glob("*/templates/**/*.html"):
        text = re.sub(blocks, "\n", template.read_text("utf-8"), flags=re.DOTALL)
        words = {line.strip() for line in text.splitlines()} - allowed
        assert {word for word in words if re.search(r"\w", word)} == set(), template


def _catalogue(language: str) -> set[str]:
    sources = ROOM.glob(CATALOGUES.replace("*/LC", f"{language}/LC"))
    text = "".join(source.read_text("utf-8") for source in sources)
    return {ast.literal_eval(f'"{found}"') for found in re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)}


def _used() -> set[str]:
    found: set[str] = set()
    for template in ROOM.glob("*/templates/**/*.html"):
        text = template.read_text("utf-8")
        found |= {match[1] for match in re.findall(r"{% translate (['\"])(.+?)\1", text)}
        found |= set(re.findall(r'_\("(.+?)"\)', text))
        for block in re.findall(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", text):
            found.add(re.sub(r"{{ (\w+) }}", r"%(\1)s", block))
    for module in ROOM.glob("*/**/*.py"):
        found |= _used_in(ast.parse(module.read_text("utf-8")))
    return found


def _used_in(tree: ast.AST) -> set[str]:
    """Return the texts that a module marks by gettext, gettext_lazy, pgettext or pgettext_lazy."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    places = {"gettext": 0, "gettext_lazy": 0, "pgettext": 1, "pgettext_lazy": 1}
    found = [call.args[places[call.func.id]] for call in calls if getattr(call.func, "id", "") in places]
    return {text.value for text in found if isinstance(text, ast.Constant)}
