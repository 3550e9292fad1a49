"""Cells of lists and options of choices, drawn here: a page has hundreds, 0.05 ms each by a template."""

from collections.abc import Iterable
from html import escape
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.safestring import SafeString

Text = str | Promise

FORM: Final = "row-act"
"""The one form of a page by which the buttons of all its rows are sent: it carries the token."""


class Button(NamedTuple):
    """A button in a row, which posts to its address."""

    label: Text
    address: str
    tone: str = "outline-secondary"

    def draw(self) -> str:
        """Return it as HTML."""
        address, tone = escape(self.address), escape(self.tone)
        return (
            f'<button class="btn btn-sm btn-{tone}" form="{FORM}" formaction="{address}">'
            f"{escape(str(self.label))}</button>"
        )


class Cell(NamedTuple):
    """One cell: text, and where it leads, or how it stands out."""

    text: Text
    href: str = ""
    tone: str = ""
    """Tabler's colour of a badge."""
    note: Text = ""
    """A smaller second line."""
    buttons: tuple[Button, ...] = ()
    key: str = ""
    """The link's id in its page: by it the focus stays on the link when its row is drawn anew."""

    @property
    def html(self) -> SafeString:
        """What stands in it, as HTML."""
        note = f'<span class="cell-note">{escape(str(self.note))}</span>' if self.note else ""
        return SafeString(self._main() + note)

    def _main(self) -> str:
        if self.buttons:
            return "".join(button.draw() for button in self.buttons)
        text = escape(str(self.text))
        if self.href:
            key = f' id="{escape(self.key)}"' if self.key else ""
            return f'<a{key} href="{escape(self.href)}">{text}</a>'
        return f'<span class="badge bg-{escape(self.tone)}-lt">{text}</span>' if self.tone else text


def draw(made: Cell | Text) -> str:
    """Return a cell of a table's row as HTML."""
    if not isinstance(made, Cell):
        return f"<td>{escape(str(made))}</td>"
    return f'<td class="row-actions">{made.html}</td>' if made.buttons else f"<td>{made.html}</td>"


def options(choices: Iterable[tuple[str, Text]], chosen: str) -> SafeString:
    """Return a choice's options (value, label) as HTML."""
    return SafeString("".join(_option(value, str(label), chosen) for value, label in choices))


def details(facts: Iterable[tuple[str, str]]) -> SafeString:
    """Return an act's facts as HTML."""
    return SafeString(" ".join(f"<span>{escape(name)}: {escape(str(value))}</span>" for name, value in facts))


def _option(value: str, label: str, chosen: str) -> str:
    return f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
