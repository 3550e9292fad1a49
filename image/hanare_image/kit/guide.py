"""`hanare stick kit`: language, then the choice of an act, again and again until the person is done.

Ctrl-C leaves an act, and at the choice the program. Whatever goes wrong is one sentence on a page of its own.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from hanare_core.hardening import no_core_dumps
from hanare_core.sentences import LANGUAGES, Language
from hanare_core.texts import terminal_language
from hanare_image.errors import KittingError
from hanare_image.kit import medium
from hanare_image.kit.acts import Acts
from hanare_image.kit.medium import Medium
from hanare_image.kit.page import Page
from hanare_image.kit.words import WORDS, speak, word
from hanare_image.texts import refused, say

DataFolder = Annotated[Path | None, typer.Option("--data", help=say("help.kit-data"))]
CaFolder = Annotated[Path | None, typer.Option("--ca", help=say("help.kit-ca"))]
Files = Annotated[list[str] | None, typer.Option("--stick", help=say("help.kit-stick"))]

_NATIVE: Final = {"ja": "日本語", "en": "English"}


def kit(data: DataFolder = None, ca: CaFolder = None, stick: Files = None) -> None:
    """Lead through kitting."""
    if not sys.stdin.isatty():
        raise refused("no-terminal")
    no_core_dumps()
    page = Page(Console())
    Guide(Acts(page, Medium(medium.DATA, data), Medium(medium.CA, ca), stick or ())).run()


class Guide:
    """The pages in their order."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._page = acts.page

    def run(self) -> None:
        """Show pages until the person is done."""
        try:
            self._choose_language()
            while act := self._choose_act():
                self._carry_out(act)
        except KeyboardInterrupt:
            return

    def _choose_language(self) -> None:
        usual = terminal_language()
        offered: list[Language] = sorted(LANGUAGES, key=lambda language: language != usual)
        self._page.show(" / ".join(WORDS.text("language.heading", language) for language in offered))
        speak(offered[self._page.choose([_NATIVE[language] for language in offered])])

    def _choose_act(self) -> Callable[[], None] | None:
        acts = {"write": self._acts.write, "enrol": self._acts.enrol, "verify": self._acts.verify, "end": None}
        self._page.show(word("acts.heading"), word("acts.text"))
        return list(acts.values())[self._page.choose([word(f"acts.{name}") for name in acts])]

    def _carry_out(self, act: Callable[[], None]) -> None:
        try:
            act()
        except KeyboardInterrupt:
            return
        except KittingError as error:
            self._page.trouble(error)
        except OSError as error:
            self._page.trouble(refused("medium-unread", reason=error.strerror or error))
