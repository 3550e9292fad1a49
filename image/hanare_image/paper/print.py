"""From a page's HTML and its style sheet to a PDF: WeasyPrint lays out, nothing is fetched from anywhere."""

import html
import importlib
import string
from importlib import resources
from typing import Any, Final, NamedTuple, NoReturn

from hanare_core.texts import Texts

TEXTS: Final = Texts("hanare_image", "paper")

_PACKAGE: Final = "hanare_image.paper"


class Printed(NamedTuple):
    """A PDF, and how many pages it has."""

    content: bytes
    pages: int


def pdf(body: str, style: str, **lengths: str) -> Printed:
    """Return the PDF of some HTML; style: name of a style sheet of this package, whose `$names` are filled in."""
    weasyprint: Any = importlib.import_module("weasyprint")  # a second to load, and only printing needs it

    sheet = string.Template(_resource(style)).substitute(lengths)
    page = f'<!doctype html><meta charset="utf-8"><style>{sheet}</style>{body}'
    document = weasyprint.HTML(string=page, url_fetcher=_nothing).render()
    return Printed(document.write_pdf(), len(document.pages))


def escaped(text: object) -> str:
    """Return a text that is only text in HTML."""
    return html.escape(str(text))


def _nothing(*_: Any, **__: Any) -> NoReturn:
    raise ValueError("a printed page fetches nothing")


def _resource(name: str) -> str:
    return (resources.files(_PACKAGE) / name).read_text("utf-8")
