"""A request in words: its title, and line by line exactly what would change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import Model
from django.utils.translation import gettext, gettext_lazy

from hanare_server.access.suspend import Kind
from hanare_server.approvals.loosening import What, standing_of, what_of
from hanare_server.approvals.models import Loosening, MassStop, Request
from hanare_server.directory.models import Department, Stick, User
from hanare_server.profiles.effect import field_differences
from hanare_server.profiles.labels import LABELS, said

NAMED: Final = 200
"""Things that a page names; of the others it says how many."""

STATES: Final = {
    Request.State.WAITING: (gettext_lazy("waiting"), "yellow"),
    Request.State.APPROVED: (gettext_lazy("approved"), "green"),
    Request.State.REFUSED: (gettext_lazy("refused"), "red"),
    Request.State.EXPIRED: (gettext_lazy("expired"), ""),
    Request.State.DONE: (gettext_lazy("carried out"), "green"),
}

STOP_STATES: Final = {
    MassStop.State.STANDING: (gettext_lazy("not confirmed"), "yellow"),
    MassStop.State.CONFIRMED: (gettext_lazy("confirmed"), "green"),
    MassStop.State.LAPSED: (gettext_lazy("lapsed"), ""),
}

Line = tuple[Any, str, str]
"""What, how it stands now, what it becomes."""


def title(row: Request) -> str:
    """Return one line that says what is asked for."""
    return _TITLES[Loosening(row.act)](what_of(row.payload))


def lines(row: Request) -> list[Line]:
    """Return each change, from the payload itself and not from what a form said."""
    return _LINES[Loosening(row.act)](what_of(row.payload), standing_of(row.payload))


def names(kind: str, identifiers: list[str]) -> list[str]:
    """Return the names of the first NAMED things."""
    model = _MODELS.get(Kind(kind))
    if model is None:
        return []
    rows: Mapping[Any, Model] = model._default_manager.in_bulk(identifiers[:NAMED])  # noqa: SLF001 Django's name
    return [str(rows.get(identifier, identifier)) for identifier in identifiers[:NAMED]]


def _resume_title(what: What) -> str:
    if what["kind"] == Kind.ORGANISATION:
        return gettext("Resume the whole organisation")
    if len(what["identifiers"]) == 1:
        return gettext("Resume {name}").format(name=names(what["kind"], what["identifiers"])[0])
    return gettext("Resume {count} at once").format(count=len(what["identifiers"]))


def _original_title(what: What) -> str:
    return gettext("{name} is the original").format(name=names(Kind.STICK, [what["stick"]])[0])


def _profile_title(what: What) -> str:
    return gettext("Loosen the profile “{name}”").format(name=what["name"])


def _resume_lines(what: What, _standing: Any) -> list[Line]:
    stopped, active = gettext("suspended"), gettext("works again")
    return [(name, stopped, active) for name in names(what["kind"], what["identifiers"])]


def _original_lines(what: What, _standing: Any) -> list[Line]:
    becomes = gettext("works again with generation {number}").format(number=what["generation"])
    return [(names(Kind.STICK, [what["stick"]])[0], gettext("in quarantine"), becomes)]


def _profile_lines(what: What, standing: Any) -> list[Line]:
    found = field_differences(standing[1], what["fields"])
    return [(LABELS[field].title, said(field, old), said(field, new)) for field, old, new in found]


_MODELS: Final[dict[Kind, type[Model]]] = {Kind.DEPARTMENT: Department, Kind.STICK: Stick, Kind.USER: User}

_TITLES: Final[dict[Loosening, Callable[[What], str]]] = {
    Loosening.CHANGE_PROFILE: _profile_title,
    Loosening.CONFIRM_ORIGINAL: _original_title,
    Loosening.EXPORT_AUDIT: lambda _what: gettext("Export the audit log"),
    Loosening.RESUME: _resume_title,
}

_LINES: Final[dict[Loosening, Callable[[What, Any], list[Line]]]] = {
    Loosening.CHANGE_PROFILE: _profile_lines,
    Loosening.CONFIRM_ORIGINAL: _original_lines,
    Loosening.EXPORT_AUDIT: lambda _what, _standing: [],
    Loosening.RESUME: _resume_lines,
}
