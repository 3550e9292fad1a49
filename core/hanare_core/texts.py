"""Texts for people at a terminal, in Japanese and English, from a room's own catalogue.

A catalogue is `catalogue/NAME.LANGUAGE.toml` in a package: tables of texts, whose `{names}` are filled in. A key is the
table's and the text's name with a dot between. The language is the terminal's: POSIX says which variable wins
(IEEE Std 1003.1-2017, 8.2).
"""

import functools
import os
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from hanare_core.sentences import Language

_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def terminal_language(environment: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the terminal that we were started from."""
    first = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "ja" if first.partition("_")[0].partition(".")[0] == "ja" else "en"


class Texts:
    """One catalogue of a package, in both languages."""

    def __init__(self, package: str, name: str) -> None:
        self._package = package
        self._name = name

    def text(self, key: str, language: Language | None = None, /, **values: object) -> str:
        """Return a text with its values filled in, in the terminal's language where none is given."""
        return self.raw(key, language).format(**values)

    def raw(self, key: str, language: Language | None = None) -> str:
        """Return a text as it stands in the catalogue."""
        table, _, name = key.partition(".")
        return str(self.tables(language or terminal_language())[table][name])

    def tables(self, language: Language) -> dict[str, dict[str, Any]]:
        """Return the whole catalogue in one language."""
        return _read(self._package, self._name, language)


@functools.cache
def _read(package: str, name: str, language: Language) -> dict[str, dict[str, Any]]:
    file = resources.files(package) / "catalogue" / f"{name}.{language}.toml"
    return tomllib.loads(file.read_text("utf-8"))
