"""The `hanare` command: it finds rooms, and says so where one is missing."""

import pytest

from hanare_core import command
from hanare_core.sentences import LANGUAGES
from hanare_core.texts import Texts, terminal_language


def test_every_subcommand_is_described_in_both_languages() -> None:
    """The two catalogues have the same keys, and one line for each subcommand."""
    tables = [Texts("hanare_core", "command").tables(language) for language in LANGUAGES]
    keys = [{(table, key) for table in found for key in found[table]} for found in tables]
    assert keys[0] == keys[1]
    assert {name for table, name in keys[0] if table == "commands"} == set(command.COMMANDS)


def test_help_lists_the_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` ends well and names each subcommand; no word at all is a wrong command line."""
    assert command.main(["--help"]) == 0
    assert "stick" in capsys.readouterr().out
    assert command.main([]) == 2


def test_an_unknown_subcommand_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence names the word; the overview follows."""
    assert command.main(["stcik"]) == 2
    shown = capsys.readouterr()
    assert "stcik" in shown.err
    assert "stick" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("place", ["hanare_nowhere.command:app", "hanare_core.nowhere:app"])
def test_a_missing_room_is_named(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A room that is not installed is told by its package, without a traceback."""
    monkeypatch.setitem(command.COMMANDS, "stick", place)
    assert command.main(["stick", "info"]) == 2
    shown = capsys.readouterr().err
    assert place.partition(".")[0].replace("_", "-") in shown
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "ja", "LANG": "C"}, "ja"),
        ({"LANG": "jam_JM"}, "en"),
    ],
)
def test_the_terminals_language_is_spoken(environment: dict[str, str], language: str) -> None:
    """LC_ALL wins over LC_MESSAGES, and that over LANG; all but Japanese is answered in English."""
    assert terminal_language(environment) == language
