"""Filters of the console's templates: times and codes in words."""

import functools
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_server.audit.log import Act
from hanare_server.console import linked, words
from hanare_server.console.language import reader_language
from hanare_server.console.models import Administrator

register = template.Library()

_CODES: Final = frozenset(code.value for code in Code)
_TABLES: Final[Mapping[str, Mapping[Any, str | Promise]]] = {
    "act": words.ACTS,
    "fact": words.FACTS,
    "thing": words.THINGS,
}
_REASONS: Final = frozenset({"reason", "reasons"})

_LENGTHS: Final = frozenset({"clock_error_ms", "tick_ms"})
"""Facts in milliseconds that are no times: how exact a receipt's times are."""


@register.filter
def moment(time_ms: int | None) -> str:
    """Return the time with milliseconds in the organisation's zone, 12:34:56.789."""
    return _local(time_ms).strftime("%H:%M:%S.%f")[:-3] if time_ms else ""


@register.filter
def day_and_time(time_ms: int | None) -> str:
    """Return date and time, 2026-11-24 12:34:56."""
    return _local(time_ms).strftime("%Y-%m-%d %H:%M:%S") if time_ms else ""


@register.filter
def hour_and_minute(time_ms: int | None) -> str:
    """Return the time of the day, 12:34."""
    return _local(time_ms).strftime("%H:%M") if time_ms else ""


@register.filter
def reason(code: str) -> str:
    """Return the title of a problem code in the reader's language."""
    return _title(Code(code), reader_language())


@register.filter
def details(facts: dict[str, str], names: Mapping[str, str] = MappingProxyType({})) -> list[tuple[str, str]]:
    """Return an act's facts in words: times and lengths as such, reasons as sentences, things by `names` of their ids.

    Times are those whose names end in `_ms`.
    """
    return [(_called(name.removesuffix("_ms")), names.get(value, _said(name, value))) for name, value in facts.items()]


@register.filter
def control(field: BoundField) -> str:
    """Draw a form's field in our look, tied to its error and help text for screen readers."""
    widget = field.field.widget
    kind = "form-check-input" if isinstance(widget, CheckboxInput) else "form-control"
    if isinstance(widget, Select):
        kind = "form-select"
    return field.as_widget(attrs={"class": f"{kind} is-invalid" if field.errors else kind})


@register.simple_tag
def linked_systems(account: Administrator) -> list[linked.Way]:
    """Return which other systems may open the account."""
    return linked.ways(account)


@register.filter
def act_word(act: str) -> str:
    """Return an act of the audit log in words."""
    return _word("act", Act(act), get_language())


@register.filter
def thing_word(kind: str) -> str:
    """Return the kind of an actor or object in words."""
    return _word("thing", kind, get_language())


@functools.cache
def _title(code: Code, language: sentences.Language) -> str:
    return sentences.sentence(code, language).title


@functools.cache
def _word(table: str, name: str, language: str | None) -> str:
    """Return a word of a table in the language, which is the one that is active; looked up once."""
    del language
    return str(_TABLES[table][name])


def _called(name: str) -> str:
    return _word("fact", name, get_language()) if name in words.FACTS else name


def _said(name: str, value: str) -> str:
    if name in _REASONS:
        return " ".join(reason(code) if code in _CODES else code for code in value.split(" "))
    if name in _LENGTHS:
        return f"{value} ms"
    return _exactly(int(value)) if name.endswith("_ms") else value


def _exactly(time_ms: int) -> str:
    return f"{_local(time_ms):%Y-%m-%d} {moment(time_ms)}" if time_ms else ""


def _local(time_ms: int | None) -> datetime:
    return datetime.fromtimestamp((time_ms or 0) / 1000, timezone.get_current_timezone())
