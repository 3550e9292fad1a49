"""What the page of one profile shows: the form over what is inherited, effects, findings, and the versions."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from hanare_core.profile import FIELDS
from hanare_server.console.guard import administrator
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Profile
from hanare_server.profiles import change, effect, form
from hanare_server.profiles.labels import LABELS, said
from hanare_server.profiles.lint import Finding, Weight
from hanare_server.profiles.models import ProfileVersion
from hanare_server.profiles.prospects import Prospect
from hanare_server.profiles.resolve import Layer, Level, Resolved, resolve

VERSIONS_SHOWN: Final = 20

_TONES: Final = {Weight.ERROR: "red", Weight.WARNING: "yellow", Weight.NOTE: "blue"}


def page(
    request: HttpRequest,
    profile: Profile,
    fields: Mapping[str, Any],
    errors: Mapping[str, Any],
    more: Mapping[str, Any],
) -> HttpResponse:
    """Draw the profile's form with these values and faults, and its versions; `more` goes into the template."""
    account = administrator(request)
    profile = here(account, profile)
    try:
        resolved: Resolved | None = resolve(_standing(account, profile))
    except msgspec.ValidationError:
        resolved = None
    holding = {name: getattr(resolved.settings, name) for name in FIELDS} if resolved else {}
    shown = form.Shown(fields, holding, resolved.origins if resolved else {}, errors, request.POST or None)
    context = {
        "heading": profile.name,
        "lead": gettext("Empty fields are inherited: from the department, the organisation, or what is built in."),
        "profile": profile,
        "rows": form.rows(shown),
        "versions": _versions(profile),
        "faulty": bool(errors),
        "findings": drawn(change.findings(profile, profile.settings)) if not errors and not more else [],
        **more,
    }
    return render(request, "profiles/one.html", context, status=422 if errors else 200)


def effects(prospects: Iterable[Prospect]) -> list[str]:
    """Return in words what saving would do to whom; nothing where the settings contradict each other."""
    try:
        found = effect.effects(prospects)
    except msgspec.ValidationError:
        return []
    return [_effect(one) for one in found]


def drawn(findings: list[Finding]) -> list[tuple[str, Any, Any, str]]:
    """Return the findings of the lint as the template draws them."""
    return [(_TONES[one.weight], LABELS[one.field].title, one.text, one.source) for one in findings]


def here(account: Administrator, profile: Profile) -> Profile:
    """Return the profile with its organisation's row, which was read already."""
    profile.organisation = account.here
    return profile


def _standing(account: Administrator, profile: Profile) -> list[Layer]:
    """Return the layers of somebody in whose department this profile stands, for what would be inherited."""
    above = account.here.profile
    layers = [Layer(Level.ORGANISATION, above.name, above.settings)] if above is not None and above != profile else []
    return [*layers, Layer(Level.DEPARTMENT, profile.name, profile.settings)]


def _versions(profile: Profile) -> list[dict[str, Any]]:
    """Return the newest versions, each with what it changed against the one before."""
    rows = list(ProfileVersion.objects.filter(profile=profile)[: VERSIONS_SHOWN + 1])
    older: list[ProfileVersion | None] = [*rows[1:], None]
    names = dict(Administrator.objects.filter(pk__in={row.actor for row in rows}).values_list("pk", "name"))
    return [
        {"row": row, "who": names.get(row.actor, row.actor), "changes": _changes(before, row)}
        for row, before in list(zip(rows, older, strict=True))[:VERSIONS_SHOWN]
    ]


def _changes(before: ProfileVersion | None, after: ProfileVersion) -> list[tuple[Any, str, str]]:
    found = effect.field_differences(before.settings if before else {}, after.settings)
    return [(LABELS[field].title, said(field, old), said(field, new)) for field, old, new in found]


def _effect(found: effect.Effect) -> str:
    words = {"users": found.users, "what": LABELS[found.field].title}
    if found.field == "web_applications" and (found.before is None or found.after is None):
        name = said(found.field, found.before or found.after)
        if found.after is None:
            return gettext("%(users)s users lose “%(name)s”.") % {"users": found.users, "name": name}
        return gettext("%(users)s users get “%(name)s”.") % {"users": found.users, "name": name}
    changed = {"before": said(found.field, found.before), "after": said(found.field, found.after)}
    return gettext("%(users)s users: %(what)s changes from “%(before)s” to “%(after)s”.") % {**words, **changed}
