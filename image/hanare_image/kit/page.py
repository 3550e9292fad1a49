"""One page at a time on a terminal: heading, text, what is shown, and one question at its foot.

A question is answered by a line, so that every keyboard, every terminal and a screen reader will do. Ctrl-C leaves a
page, as does the end of input; who shows the pages says where it leads.
"""

from collections.abc import Sequence
from getpass import getpass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hanare_image.kit.words import word


class Page:
    """The terminal as a sequence of pages."""

    def __init__(self) -> None:
        # Labels, names of disks and errors may hold what rich takes for markup.
        self._console = Console(markup=False, emoji=False)

    def show(self, heading: str, *parts: RenderableType) -> None:
        """Begin a page; the parts stand below each other."""
        self._console.clear()
        self._console.print(Rule(Text(word("common.product"), "bold"), align="left"))
        self._console.print(Padding(Text(heading, "bold"), (1, 2)))
        self.add(*parts)

    def add(self, *parts: RenderableType) -> None:
        """Put more on the page, each part with an empty line below it."""
        spaced = [Padding(part, (0, 0, 1, 0)) for part in parts if part]
        self._console.print(Padding(Group(*spaced), (0, 2)), highlight=False)

    def ask(self, question: str, default: str = "") -> str:
        """Return what was typed, or the default for an empty line."""
        shown = f"{question} [{default}]" if default else question
        return self._line(shown, secret=False).strip() or default

    def secret(self, question: str) -> str:
        """Return what was typed unseen."""
        return self._line(question, secret=True)

    def choose(self, options: Sequence[str]) -> int:
        """Return the place of the option that was chosen by its number; the first one by an empty line."""
        lines = [Text.assemble((f"{number}", "bold"), f"  {text}") for number, text in enumerate(options, start=1)]
        self.add(Group(*lines))
        while True:
            typed = self.ask(word("common.number"), "1")
            if typed.isdecimal() and 1 <= int(typed) <= len(options):
                return int(typed) - 1

    def pause(self) -> None:
        """Wait for Enter."""
        self.ask(word("common.enter"))

    def trouble(self, said: object) -> None:
        """Tell what went wrong, and wait until it was read."""
        self.show(word("common.trouble"), Text(str(said), "yellow"))
        self.pause()

    def _line(self, question: str, *, secret: bool) -> str:
        try:
            # getpass asks only when nothing is echoed any more.
            return getpass(f"  {question}: ") if secret else self._console.input(Text(f"  {question}: "))
        except (EOFError, UnicodeDecodeError) as error:
            raise KeyboardInterrupt from error


def table(*columns: str) -> Table:
    """Return an empty table with these headings."""
    made = Table(box=None, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made
