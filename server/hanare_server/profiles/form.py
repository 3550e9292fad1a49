"""The form of a profile: one row a field, empty where the value is inherited. Reads what was typed into typed fields.

Whatever cannot be read is named with its field and what was typed is shown again; nothing is lost.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_core.profile import FIELDS
from hanare_server.profiles.labels import HOUR_MINUTES, LABELS, Kind, Label, clock, said
from hanare_server.profiles.resolve import Layer

NUMBER_DIGITS: Final = 12
PARTS: Final = 5
"""id | 日本語の名前 | English name | URL | hosts"""

_CLOCK: Final = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)\Z")


class Row(NamedTuple):
    """One field as drawn."""

    field: str
    label: Label
    typed: str
    chosen: tuple[str, ...]
    """Of fields with several values."""
    options: tuple[tuple[str, str | Promise], ...]
    holds: str
    """What holds now for a user of this profile's level."""
    origin: str
    error: str | Promise


class Typed(NamedTuple):
    """What a form says."""

    fields: dict[str, Any]
    errors: dict[str, str | Promise]


def read(post: QueryDict) -> Typed:
    """Return the fields that the form sets, and an error for each that cannot be read."""
    fields: dict[str, Any] = {}
    errors: dict[str, str | Promise] = {}
    for field in FIELDS:
        label = LABELS[field]
        try:
            value = _READ[label.kind](label, field, post)
        except ValueError as error:
            errors[field] = _ERRORS[label.kind] % {"text": str(error)}
            continue
        if value is not None:
            fields[field] = value
    return Typed(fields, errors)


class Shown(NamedTuple):
    """What the form is drawn from."""

    fields: Mapping[str, Any]
    """What the profile sets."""
    holding: Mapping[str, Any]
    """What holds for those who live by it."""
    origins: Mapping[str, Layer]
    errors: Mapping[str, str | Promise]
    post: QueryDict | None = None
    """What was typed, after a faulty form."""


def rows(shown: Shown) -> list[Row]:
    """Return the rows to draw."""
    return [_row(field, LABELS[field], shown) for field in FIELDS]


def _row(field: str, label: Label, shown: Shown) -> Row:
    value = shown.fields.get(field)
    origin = shown.origins.get(field)
    return Row(
        field=field,
        label=label,
        typed=shown.post.get(field, "") if shown.post is not None else _written(label, value),
        chosen=_chosen(field, label, shown),
        options=_options(label),
        holds=said(field, shown.holding[field]) if field in shown.holding else "",
        origin=origin.profile if origin is not None else "",
        error=shown.errors.get(field, ""),
    )


def _chosen(field: str, label: Label, shown: Shown) -> tuple[str, ...]:
    if label.kind is not Kind.SEVERAL:
        return ()
    if shown.post is not None:
        return tuple(shown.post.getlist(field))
    return tuple(str(one) for one in shown.fields.get(field) or ())


def _options(label: Label) -> tuple[tuple[str, str | Promise], ...]:
    if label.kind is Kind.SWITCH:
        return (("yes", gettext_lazy("yes")), ("no", gettext_lazy("no")))
    return tuple((str(value), text) for value, text in label.choices.items())


def _written(label: Label, value: Any) -> str:
    """Return a stored value as it would be typed; empty for what is inherited."""
    if value is None or label.kind is Kind.SEVERAL:
        return ""
    if label.kind is Kind.SWITCH:
        return "yes" if value else "no"
    if label.kind is Kind.CLOCK:
        return clock(value)
    if label.kind is Kind.NUMBER:
        return f"{value / label.factor:g}"
    if label.kind is Kind.APPLICATIONS:
        return "\n".join(_application_line(one) for one in value)
    return str(value)


def _application_line(one: Mapping[str, Any]) -> str:
    return " | ".join((one["id"], one["name_ja"], one["name_en"], one["url"], " ".join(one["hosts"])))


def _switch(_label: Label, field: str, post: QueryDict) -> bool | None:
    return {"yes": True, "no": False}.get(post.get(field, ""))


def _choice(label: Label, field: str, post: QueryDict) -> str | None:
    text = post.get(field, "")
    if text and text not in {str(value) for value in label.choices}:
        raise ValueError(text[:40])
    return text or None


def _number(label: Label, field: str, post: QueryDict) -> int | None:
    text = post.get(field, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS):
        raise ValueError(text[:40])
    return int(text) * label.factor if text else None


def _clock(_label: Label, field: str, post: QueryDict) -> int | None:
    text = post.get(field, "").strip()
    found = _CLOCK.match(text)
    if text and found is None:
        raise ValueError(text[:40])
    return int(found[1]) * HOUR_MINUTES + int(found[2]) if found else None


def _several(label: Label, field: str, post: QueryDict) -> list[Any] | None:
    texts = post.getlist(field)
    return [value for value in label.choices if str(value) in texts] or None


def _applications(_label: Label, field: str, post: QueryDict) -> list[dict[str, Any]] | None:
    lines = [line for line in post.get(field, "").splitlines() if line.strip()]
    return [_application(line) for line in lines] or None


def _application(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != PARTS:
        raise ValueError(line[:80])
    identifier, name_ja, name_en, url, hosts = parts
    return {"id": identifier, "name_ja": name_ja, "name_en": name_en, "url": url, "hosts": hosts.split()}


_READ: Final[Mapping[Kind, Callable[[Label, str, QueryDict], Any]]] = {
    Kind.SWITCH: _switch,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.CLOCK: _clock,
    Kind.SEVERAL: _several,
    Kind.APPLICATIONS: _applications,
}

_NO_CHOICE: Final = gettext_lazy("“%(text)s” is none of the choices.")
_ERRORS: Final = {
    Kind.SWITCH: _NO_CHOICE,
    Kind.CHOICE: _NO_CHOICE,
    Kind.SEVERAL: _NO_CHOICE,
    Kind.NUMBER: gettext_lazy("“%(text)s” is not a whole number. Type digits only."),
    Kind.CLOCK: gettext_lazy("“%(text)s” is not a time. Type it like 08:30."),
    Kind.APPLICATIONS: gettext_lazy(
        "“%(text)s” has not five parts. Type: id | Japanese name | English name | address | hosts."
    ),
}
