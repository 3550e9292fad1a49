"""Labels for sticks: number, a QR code to the stick's page on the console, and whom to call.

Sheets are A4 with 24 labels of 70 mm × 33.9 mm (3 across), as office shops sell them; or one label a page of
62 mm × 29 mm for a label printer.
"""

import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import segno

from hanare_core.sentences import Language
from hanare_image.enrolment import Enrolled
from hanare_image.paper.print import TEXTS, escaped, pdf
from hanare_image.texts import refused

SHEET_LABELS: Final = 24

_LONG: Final = 9
"""Characters above which a number is set smaller, so that it stays on its label."""


class Office(NamedTuple):
    """What is the same on all labels of an office."""

    name: str
    help_desk: str
    console: str
    """The console's address, `https://…`."""


def sheet(sticks: Sequence[Enrolled], office: Office, language: Language, *, skip: int = 0) -> bytes:
    """Return A4 sheets as PDF; skip: labels that a used sheet lacks already."""
    body = '<div class="label"></div>' * skip + "".join(_label(one, office, language) for one in sticks)
    sizes = {"page": "A4", "margin": "12.9mm 0", "width": "70mm", "height": "33.9mm"}
    return pdf(f'<body lang="{language}">{body}', "label.css", **sizes).content


def single(sticks: Sequence[Enrolled], office: Office, language: Language) -> bytes:
    """Return one page for each stick as PDF."""
    body = "".join(_label(one, office, language) for one in sticks)
    sizes = {"page": "62mm 29mm", "margin": "0", "width": "62mm", "height": "29mm"}
    return pdf(f'<body lang="{language}">{body}', "label.css", **sizes).content


def address(office: Office, stick: str) -> str:
    """Return the address of the stick's page on the console; raise KittingError for a console that has none."""
    if not office.console.startswith("https://"):
        raise refused("console", address=office.console)
    return f"{office.console.rstrip('/')}/s/{stick}"


def _label(one: Enrolled, office: Office, language: Language) -> str:
    picture = io.BytesIO()
    code = segno.make(address(office, one.stick), error="m", micro=False)
    code.save(picture, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True)
    size = " long" if len(one.label) > _LONG else ""
    return (
        f'<div class="label">{picture.getvalue().decode()}<div class="words">'
        f'<p class="organisation">{escaped(office.name)}</p>'
        f'<p class="number{size}">{escaped(one.label)}</p>'
        f'<p class="stick">{escaped(one.stick)}</p>'
        f'<p class="found">{escaped(TEXTS.text("label.found", language))}</p>'
        f'<p class="desk">{escaped(office.help_desk)}</p></div></div>'
    )
