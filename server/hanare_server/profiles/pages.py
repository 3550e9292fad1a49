"""The pages of profiles: the list, one profile with its form and history, and where somebody's settings come from."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_core.profile import FIELDS, Standard
from hanare_server.access.act import act
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import lists, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Profile, User
from hanare_server.profiles import change, effect, form, loosens
from hanare_server.profiles.labels import LABELS, said
from hanare_server.profiles.lint import Finding, Weight
from hanare_server.profiles.models import ProfileVersion
from hanare_server.profiles.ready_made import READY_MADE
from hanare_server.profiles.resolve import Layer, Level, Resolved, layers_of, resolve

VERSIONS_SHOWN: Final = 20

_TONES: Final = {Weight.ERROR: "red", Weight.WARNING: "yellow", Weight.NOTE: "blue"}


@permitted(Permission.SETTINGS_READ)
@require_safe
def profiles(request: HttpRequest) -> HttpResponse:
    """List the profiles with who lives by them."""
    account = administrator(request)
    listing = lists.listing(request, account, _TABLE, _counted(account))
    context = {
        "heading": gettext("Settings"),
        "lead": gettext("A profile holds settings; organisation, department and user inherit from one to the next."),
        "listing": listing,
        "empty": gettext("There is no profile yet."),
        "ready_made": [(standard.value, name) for standard, (name, _) in READY_MADE.items()],
    }
    return render(request, "profiles/list.html", context)


@permitted(Permission.SETTINGS_EDIT)
@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """Add a profile, empty or from a ready-made one, and show it."""
    account = administrator(request)
    name, fields = _made_from(request.POST.get("from", ""))
    with act(account.here.pk, _actor(account)) as opened:
        made = change.create(opened, request.POST.get("name", "").strip() or name, fields)
    return redirect("profiles:profiles-one", made.pk)


@permitted(Permission.SETTINGS_READ)
@require_safe
def one(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show one profile."""
    account = administrator(request)
    profile = scope.one(account, Profile, identifier)
    return _page(request, profile, profile.settings, {}, {})


@permitted(Permission.SETTINGS_EDIT)
@require_http_methods(["POST"])
def edit(request: HttpRequest, identifier: str) -> HttpResponse:
    """Preview or save what the form says; a faulty form comes back with everything that was typed."""
    account = administrator(request)
    profile = scope.one(account, Profile, identifier)
    typed = form.read(request.POST)
    if typed.errors:
        return _page(request, profile, typed.fields, typed.errors, {})
    try:
        if request.POST.get("act") == "save":
            return _save(request, account, profile, typed.fields)
        found = {"effects": _effects(account, profile, typed.fields), "previewed": True}
        findings = change.findings(_here(account, profile), typed.fields)
        return _page(request, profile, typed.fields, {}, {**found, "findings": _drawn(findings)})
    except change.RefusedByLint as refused:
        return _page(request, profile, typed.fields, {}, {"findings": _drawn(refused.findings)})
    except Problem as problem:
        if problem.code is not Code.MALFORMED:
            raise
        field = problem.detail.get("path", "").partition("[")[0].partition(".")[0]
        text = gettext("This value is out of its bounds, or contradicts another or an inherited one.")
        return _page(request, profile, typed.fields, {field: text}, {})


@permitted(Permission.SETTINGS_EDIT)
@require_POST
def put_back(request: HttpRequest, identifier: str, number: int) -> HttpResponse:
    """Bring an older version back."""
    account = administrator(request)
    profile = scope.one(account, Profile, identifier)
    edited = change.edit_back(profile, number, version=_number(request.POST.get("version", "")))
    try:
        asked = _ask_to_loosen(request, account, profile, edited)
        if asked is not None:
            return asked
        with act(account.here.pk, _actor(account)) as opened:
            change.save(opened, profile.pk, edited)
    except change.RefusedByLint as refused:
        return _page(request, profile, profile.settings, {}, {"findings": _drawn(refused.findings)})
    messages.success(request, gettext("Version %(number)s holds again.") % {"number": number})
    return redirect("profiles:profiles-one", identifier)


@permitted(Permission.SETTINGS_READ)
@require_safe
def of_user(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show every setting that holds for a user, and where it comes from."""
    account = administrator(request)
    users = scope.rows(account, User).select_related("department__profile", "profile")
    user = users.filter(pk=identifier).first()
    if user is None:
        raise Problem(Code.NOT_FOUND)
    resolved = resolve(layers_of(account.here, user))
    lines = [_origin_line(field, resolved) for field in FIELDS]
    heading = gettext("Settings of %(name)s") % {"name": user}
    lead = gettext("What holds for this user, and which profile says so.")
    return render(
        request, "profiles/of_user.html", {"heading": heading, "lead": lead, "lines": lines, "user_row": user}
    )


LEVELS: Final = {
    Level.DEFAULT: gettext_lazy("built in"),
    Level.ORGANISATION: gettext_lazy("Organisation"),
    Level.DEPARTMENT: gettext_lazy("Department"),
    Level.USER: gettext_lazy("User"),
}


def _origin_line(field: str, resolved: Resolved) -> tuple[object, ...]:
    layer = resolved.origins[field]
    value = getattr(resolved.settings, field)
    return LABELS[field].group, LABELS[field].title, said(field, value), LEVELS[layer.level], layer.profile


def _save(request: HttpRequest, account: Administrator, profile: Profile, fields: Mapping[str, Any]) -> HttpResponse:
    edited = change.Edit(_number(request.POST.get("version", "")), request.POST.get("name", profile.name), fields)
    asked = _ask_to_loosen(request, account, profile, edited)
    if asked is not None:
        return asked
    with act(account.here.pk, _actor(account)) as opened:
        change.save(opened, profile.pk, edited)
    messages.success(
        request, gettext("Saved. Hours, zones and floors hold within seconds, the rest from the next sign-in.")
    )
    return redirect("profiles:profiles-one", profile.pk)


def _ask_to_loosen(
    request: HttpRequest, account: Administrator, profile: Profile, edited: change.Edit
) -> HttpResponse | None:
    """Return the page of the request when the change loosens something for somebody; None when one may save it."""
    if not loosens.of_change(account.here, profile, edited.fields):
        return None
    change.check(_here(account, profile), edited.name, edited.fields)
    what = {"profile": profile.pk, **edited._asdict()}
    return waiting.show(request, requests.ask(account, Loosening.CHANGE_PROFILE, what, request.POST.get("reason", "")))


def _page(
    request: HttpRequest,
    profile: Profile,
    fields: Mapping[str, Any],
    errors: Mapping[str, Any],
    more: Mapping[str, Any],
) -> HttpResponse:
    account = administrator(request)
    profile = _here(account, profile)
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
        "findings": _drawn(change.findings(profile, profile.settings)) if not errors and not more else [],
        **more,
    }
    return render(request, "profiles/one.html", context, status=422 if errors else 200)


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


def _effects(account: Administrator, profile: Profile, fields: Mapping[str, Any]) -> list[str]:
    try:
        found = effect.effects(account.here, profile, fields)
    except msgspec.ValidationError:
        return []
    return [_effect(one) for one in found]


def _effect(found: effect.Effect) -> str:
    words = {"users": found.users, "what": LABELS[found.field].title}
    if found.field == "web_applications" and (found.before is None or found.after is None):
        name = said(found.field, found.before or found.after)
        if found.after is None:
            return gettext("%(users)s users lose “%(name)s”.") % {"users": found.users, "name": name}
        return gettext("%(users)s users get “%(name)s”.") % {"users": found.users, "name": name}
    changed = {"before": said(found.field, found.before), "after": said(found.field, found.after)}
    return gettext("%(users)s users: %(what)s changes from “%(before)s” to “%(after)s”.") % {**words, **changed}


def _drawn(findings: list[Finding]) -> list[tuple[str, Any, Any, str]]:
    return [(_TONES[one.weight], LABELS[one.field].title, one.text, one.source) for one in findings]


def _made_from(source: str) -> tuple[str, Mapping[str, Any]]:
    if source in {standard.value for standard in READY_MADE}:
        return READY_MADE[Standard(source)]
    return gettext("New profile"), {}


def _here(account: Administrator, profile: Profile) -> Profile:
    profile.organisation = account.here
    return profile


def _actor(account: Administrator) -> Actor:
    return Actor(ActorKind.ADMINISTRATOR, account.pk)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= form.NUMBER_DIGITS else 0


def _counted(account: Administrator) -> QuerySet[Profile]:
    """Count per profile in sub-queries: joining both would multiply them."""
    rows = scope.rows(account, Profile).select_related("organisation")
    departments = Department.objects.filter(organisation=account.here, profile__isnull=False).values("profile")
    users = User.objects.filter(organisation=account.here, profile__isnull=False).values("profile")
    return rows.annotate(
        departments_count=_count(departments),
        users_count=_count(users),
    )


def _count(rows: QuerySet[Any]) -> Any:

    return Subquery(rows.filter(profile=OuterRef("pk")).annotate(number=Count("pk")).values("number"))


def _holders(row: Any) -> str:
    parts = []
    if row.organisation.profile_id == row.pk:
        parts.append(gettext("organisation"))
    if row.departments_count:
        parts.append(gettext("%(count)s departments") % {"count": row.departments_count})
    if row.users_count:
        parts.append(gettext("%(count)s users") % {"count": row.users_count})
    return ", ".join(parts) or gettext("nobody")


_TABLE: Final = lists.Table(
    columns=(
        lists.Column(
            "name",
            gettext_lazy("Profile"),
            lambda row: lists.Cell(row.name, href=reverse("profiles:profiles-one", args=[row.pk])),
            ("name",),
        ),
        lists.Column(
            "standard",
            gettext_lazy("Standard to keep"),
            lambda row: said("standard", row.settings.get("standard", "none")),
        ),
        lists.Column("holders", gettext_lazy("In use by"), _holders),
        lists.Column("fields", gettext_lazy("Fields set"), lambda row: str(len(row.settings))),
        lists.Column("version", gettext_lazy("Version"), lambda row: str(row.version), ("version",)),
    ),
    order=("name", "pk"),
    search=("name",),
)
