"""`hanare stick kit`: language, then the choice of an act, again and again until the person is done.

Ctrl-C leaves an act, and at the choice the program; on a PC that is nothing but a kitting station there is nowhere else
to go, and the last choice switches it off. Whatever goes wrong is one sentence on a page of its own.
"""

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from hanare_core.hardening import no_core_dumps
from hanare_core.sentences import LANGUAGES, Language
from hanare_core.texts import terminal_language
from hanare_image.errors import KittingError
from hanare_image.kit.acts import Acts
from hanare_image.kit.medium import Medium
from hanare_image.kit.offer import Offer
from hanare_image.kit.page import Page
from hanare_image.kit.station import KEYBOARDS, Station, hold_the_terminal, switch_off
from hanare_image.kit.words import WORDS, speak, word
from hanare_image.texts import refused, say
from hanare_image.volumes import CA, DATA

DataFolder = Annotated[Path | None, typer.Option("--data", help=say("help.kit-data"))]
CaFolder = Annotated[Path | None, typer.Option("--ca", help=say("help.kit-ca"))]
StationFolder = Annotated[Path | None, typer.Option("--station", hidden=True)]
Files = Annotated[list[str] | None, typer.Option("--stick", help=say("help.kit-stick"))]

T = TypeVar("T")

_NATIVE: Final = {"ja": "日本語", "en": "English"}


def kit(data: DataFolder = None, ca: CaFolder = None, stick: Files = None, station: StationFolder = None) -> None:
    """Lead through kitting."""
    if not sys.stdin.isatty():
        raise refused("no-terminal")
    no_core_dumps()
    page, offer = Page(), Offer(stick or ())
    acts = Acts(page, Medium(DATA, data), Medium(CA, ca), offer, own_pc=station is not None)
    if station is None:
        Guide(acts).run()
    else:
        hold_the_terminal()
        StationGuide(acts, Station(station)).run()


class Guide:
    """The pages in their order."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.page = acts.page

    def run(self) -> None:
        """Show pages until the person is done."""
        with suppress(KeyboardInterrupt):
            self.choose_language()
            while act := self.choose_act():
                self.carry_out(act)

    def choose_language(self) -> None:
        """Ask for it in both, the terminal's first."""
        usual = terminal_language()
        offered: list[Language] = sorted(LANGUAGES, key=lambda language: language != usual)
        self.page.show(" / ".join(WORDS.text("language.heading", language) for language in offered))
        speak(offered[self.page.choose([_NATIVE[language] for language in offered])])

    def choose_act(self, last: str = "end") -> Callable[[], None] | None:
        """Return what is to be done, or None for the last choice."""
        acts = {"write": self.acts.write, "enrol": self.acts.enrol, "verify": self.acts.verify, last: None}
        self.page.show(word("acts.heading"), word("acts.text"))
        return list(acts.values())[self.page.choose([word(f"acts.{name}") for name in acts])]

    def carry_out(self, act: Callable[[], None]) -> None:
        """Do it, and say what went wrong."""
        with suppress(KeyboardInterrupt):
            try:
                act()
            except KittingError as error:
                self.page.trouble(error)
            except OSError as error:
                self.page.trouble(refused("medium-unread", reason=error.strerror or error))


class StationGuide(Guide):
    """The pages of a PC that is nothing but a kitting station."""

    def __init__(self, acts: Acts, station: Station) -> None:
        super().__init__(acts)
        self._station = station

    def run(self) -> None:
        """Show pages until the PC is switched off."""
        speak("ja")
        self._until_answered(self.choose_language)
        self._until_answered(self._choose_keyboard)
        while self._until_answered(self._act):
            pass
        self.page.show(word("station.off"))
        switch_off()
        signal.pause()

    def _choose_keyboard(self) -> None:
        self.page.show(word("station.keyboard"))
        chosen = self.page.choose([word(f"station.{name}") for name in KEYBOARDS])
        self._station.choose_keyboard(KEYBOARDS[chosen])

    def _act(self) -> bool:
        act = self.choose_act("switch-off")
        if act is None:
            return False
        self.carry_out(act)
        return True

    def _until_answered(self, ask: Callable[[], T]) -> T:
        while True:
            with suppress(KeyboardInterrupt):
                return ask()
