"""The pages of one profile: shown, previewed, saved or asked for, and an older version put back."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hanare_core.problems import Code, Problem
from hanare_core.profile import Standard
from hanare_server.access.act import act
from hanare_server.approvals import waiting
from hanare_server.approvals.models import Request
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import reasons, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Profile
from hanare_server.profiles import change, form, prospects
from hanare_server.profiles.ready_made import READY_MADE
from hanare_server.profiles.saving import ask_or_save, takes_two
from hanare_server.profiles.shown_profile import drawn, effects, here, page


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
    return page(request, profile, profile.settings, {}, {})


@permitted(Permission.SETTINGS_EDIT)
@require_http_methods(["POST"])
def edit(request: HttpRequest, identifier: str) -> HttpResponse:
    """Preview or save what the form says; a faulty form comes back with everything that was typed."""
    account = administrator(request)
    profile = scope.one(account, Profile, identifier)
    typed = form.read(request.POST)
    if typed.errors:
        return page(request, profile, typed.fields, typed.errors, {})
    try:
        if request.POST.get("act") == "save":
            return _save(request, account, profile, typed.fields)
        found = {"effects": effects(prospects.of_fields(account.here, profile, typed.fields)), "previewed": True}
        findings = change.findings(here(account, profile), typed.fields)
        return page(request, profile, typed.fields, {}, {**found, "findings": drawn(findings)})
    except change.RefusedByLint as refused:
        return page(request, profile, typed.fields, {}, {"findings": drawn(refused.findings)})
    except Problem as problem:
        if problem.code is not Code.MALFORMED:
            raise
        field = problem.detail.get("path", "").partition("[")[0].partition(".")[0]
        text = gettext("This value is out of its bounds, or contradicts another or an inherited one.")
        return page(request, profile, typed.fields, {field: text}, {})


@permitted(Permission.SETTINGS_EDIT)
@require_POST
def put_back(request: HttpRequest, identifier: str, number: int) -> HttpResponse:
    """Bring an older version back."""
    account = administrator(request)
    profile = scope.one(account, Profile, identifier)
    edited = change.edit_back(profile, number, version=_number(request.POST.get("version", "")))
    try:
        why = reasons.given(request) or gettext("Version %(number)s is put back.") % {"number": number}
        saved = ask_or_save(account, profile, edited, why)
    except change.RefusedByLint as refused:
        return page(request, profile, profile.settings, {}, {"findings": drawn(refused.findings)})
    if isinstance(saved, Request):
        return waiting.show(request, saved)
    messages.success(request, gettext("Version %(number)s holds again.") % {"number": number})
    return redirect("profiles:profiles-one", identifier)


def _save(request: HttpRequest, account: Administrator, profile: Profile, fields: Mapping[str, Any]) -> HttpResponse:
    edited = change.Edit(_number(request.POST.get("version", "")), request.POST.get("name", profile.name), fields)
    why = reasons.given(request)
    if not why and takes_two(account, profile, edited):
        return page(request, profile, fields, {}, {"reason_missing": True})
    saved = ask_or_save(account, profile, edited, why)
    if isinstance(saved, Request):
        return waiting.show(request, saved)
    messages.success(
        request, gettext("Saved. Hours, zones and floors hold within seconds, the rest from the next sign-in.")
    )
    return redirect("profiles:profiles-one", profile.pk)


def _made_from(source: str) -> tuple[str, Mapping[str, Any]]:
    if source in {standard.value for standard in READY_MADE}:
        return READY_MADE[Standard(source)]
    return gettext("New profile"), {}


def _actor(account: Administrator) -> Actor:
    return Actor(ActorKind.ADMINISTRATOR, account.pk)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= form.NUMBER_DIGITS else 0
