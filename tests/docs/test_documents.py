"""README, ARCHITECTURE, decisions and manuals name only what is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from hanare_image.command import commands

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
WRITTEN = [document for document in DOCUMENTS if document.name != "soak.md"]

named = pytest.mark.parametrize("document", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))


@named
def test_links_lead_somewhere(document: Path) -> None:
    """A link to a file of this repository finds it."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@named
def test_tests_that_are_named_exist(document: Path) -> None:
    """A test that is said to notice something is there."""
    tests = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", document.read_text("utf-8"))
    assert [test for test in tests if not (ROOT / test).exists()] == []


@named
def test_commands_exist(document: Path) -> None:
    """A command that somebody is told to type is one, with the options that it is given."""
    text = document.read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+%?):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    known = {path.stem for path in ROOT.glob("server/hanare_server/*/management/commands/*.py")}
    assert set(re.findall(r"-m hanare_server ([a-z_]+)", text)) <= known | {"migrate"}
    for name, options in _of_sticks(text):
        assert set(options) <= OPTIONS[name], name


def test_the_walk_names_files_that_are_there() -> None:
    """Each room's paragraph in ARCHITECTURE.md names files of that room."""
    walk = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("### A walk")[2].partition("\n##")[0]
    for room, words in re.findall(r"^\*\*(\S+?)/\*\*$(.*?)(?=^\*\*|\Z)", walk, re.DOTALL | re.MULTILINE):
        there = {path.name for path in (ROOT / room).rglob("*.py")} | {path.name for path in ROOT.glob("tools/*.py")}
        assert set(re.findall(r"`(?:[a-z_]+/)*([a-z_]+\.py)`", words)) <= there, room


def test_the_index_has_every_decision_by_its_own_title() -> None:
    """Each file of docs/adr begins with its number and title, and the index says the same."""
    folder = ROOT / "docs" / "adr"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    titles = {path.name: path.read_text("utf-8").partition("\n")[0] for path in folder.glob("0*.md")}
    assert {name: f"# {number} {title}" for number, name, title in listed} == titles


OPTIONS = {
    name: {option for parameter in command.params for option in parameter.opts}
    for name, command in vars(get_command(commands))["commands"].items()
}
"""Of each `hanare stick …`, as typer has them."""


def _of_sticks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give each `hanare stick …` with its options; a line of a shell goes on after a backslash."""
    for words in re.findall(r"hanare stick ([^`\n]*)", text.replace("\\\n", " ")):
        name, *rest = words.split()
        if re.fullmatch(r"[a-z]+", name):
            yield name, [word.partition("=")[0] for word in rest if word.startswith("--")]
