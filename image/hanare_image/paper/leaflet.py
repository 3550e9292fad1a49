"""The leaflet for a user at home, one A4 page.

The steps, boot keys of common makers, a check before the first day, what to set when the firmware refuses the stick,
and what to do when it is lost. Its words stand in the catalogue `paper`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hanare_core.sentences import Language
from hanare_image.paper.label import Office
from hanare_image.paper.print import TEXTS, escaped, pdf

_SIZES: Final = ("10pt", "9.6pt", "9.2pt", "8.8pt")
"""Tried in this order until all is on one page."""

_LONG_DESK: Final = 18
"""Characters above which the help desk is set smaller."""

_WIDE: Final = 14
"""Characters above which a key is an instruction, which may wrap."""


def leaflet(office: Office, language: Language, *, person: str = "") -> bytes:
    """Return the leaflet as PDF; person: for whom it is, if it is for one."""
    words = TEXTS.tables(language)["leaflet"]
    body = "".join((*_head(words, office, person), *_middle(words), *_foot(words, office)))
    for size in _SIZES:
        printed = pdf(f'<body lang="{language}">{body}', "leaflet.css", size=size)
        if printed.pages == 1:
            break
    return printed.content


def _head(words: Mapping[str, Any], office: Office, person: str) -> Iterator[str]:
    whose = words["for"].format(person=person) if person else ""
    yield f'<p class="organisation">{escaped(office.name)}　{escaped(whose)}</p><h1>{escaped(words["title"])}</h1>'
    yield f'<p class="lead">{escaped(words["lead"])}</p>'


def _middle(words: Mapping[str, Any]) -> Iterator[str]:
    yield '<div class="columns"><div class="steps">'
    for count, step in enumerate(words["steps"], start=1):
        yield f'<div class="step"><div class="count">{count}</div><div><h3>{escaped(step["title"])}</h3>'
        yield f"<p>{escaped(step['text'])}</p></div></div>"
    yield f'</div><div class="keys"><h2>{escaped(words["keys-title"])}</h2><table>'
    yield f"<tr><th>{escaped(words['maker'])}</th><th>{escaped(words['key'])}</th></tr>"
    for maker, key in words["keys"]:
        wide = " wide" if len(key) > _WIDE else ""
        yield f'<tr><td>{escaped(maker)}</td><td class="key{wide}">{escaped(key)}</td></tr>'
    yield f'</table><p class="note">{escaped(words["keys-note"])}</p></div></div>'
    yield f'<div class="check"><h2>{escaped(words["check-title"])}</h2><ul>'
    yield from (f'<li><span class="box"></span>{escaped(line)}</li>' for line in words["check"])
    yield f'</ul><p class="try">{escaped(words["try"])}</p></div>'
    yield f'<div class="refused"><h2>{escaped(words["refused-title"])}</h2><p>{escaped(words["refused"])}</p><ol>'
    yield from (f"<li>{escaped(line)}</li>" for line in words["refused-steps"])
    yield "</ol></div>"


def _foot(words: Mapping[str, Any], office: Office) -> Iterator[str]:
    long = " long" if len(office.help_desk) > _LONG_DESK else ""
    yield f'<div class="foot"><div class="lost"><h2>{escaped(words["lost-title"])}</h2>'
    yield f"<p>{escaped(words['lost'])}</p>"
    yield f'</div><div class="contact"><h2>{escaped(words["contact"])}</h2>'
    yield f'<p class="desk{long}">{escaped(office.help_desk)}</p>'
    yield f"<p>{escaped(words['contact-note'])}</p></div></div>"
