"""The page that says by which profile an organisation, a department or a user lives: previewed, saved or asked for."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.approvals import requests, waiting
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, Profile, User
from hanare_server.profiles import assignment, change, prospects
from hanare_server.profiles.holders import Holder, level_of
from hanare_server.profiles.resolve import Level
from hanare_server.profiles.shown_profile import drawn, effects

_PAGES: Final = {Level.DEPARTMENT: "directory:departments-one", Level.USER: "directory:users-one"}


@permitted(Permission.SETTINGS_EDIT)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, level: str, identifier: str) -> HttpResponse:
    """Show what the holder lives by, say what another profile would do, or assign it."""
    account = administrator(request)
    holder = holder_seen(account, level, identifier)
    chosen = request.POST.get("profile", holder.profile_id or "")
    if request.method == "GET":
        return _page(request, holder, chosen, {})
    profile = scope.one(account, Profile, chosen).pk if chosen else None
    try:
        if request.POST.get("act") == "save":
            return _save(request, account, holder, profile)
        assignment.check(account.here, holder, profile)
        found = effects(prospects.of_assignment(account.here, holder, profile))
        return _page(request, holder, chosen, {"effects": found, "previewed": True})
    except change.RefusedByLint as refused:
        return _page(request, holder, chosen, {"findings": drawn(refused.findings)})
    except Problem as problem:
        if problem.code is not Code.MALFORMED:
            raise
        text = gettext("This profile contradicts what is inherited: {field}.").format(field=problem.detail["path"])
        return _page(request, holder, chosen, {"contradiction": text})


def holder_seen(account: Administrator, level: str, identifier: str) -> Holder:
    """Return the holder when the account may see it; raises Problem(NOT_FOUND)."""
    model = {Level.DEPARTMENT.value: Department, Level.USER.value: User}.get(level)
    if model is not None:
        scope.must_see(account, model, identifier)
    return assignment.holder_of(account.here, level, identifier)


def ask_or_assign(account: Administrator, holder: Holder, profile: str | None, reason: str) -> Request | None:
    """Assign it and return None, or return the request that waits for a second person. Raises as `assign` does."""
    actor = Actor(ActorKind.ADMINISTRATOR, account.pk)
    with act(account.here.pk, actor) as opened:
        fresh = assignment.holder_of(opened.organisation, level_of(holder).value, holder.pk)
        if assignment.assign(opened, fresh, profile):
            return None
    return requests.ask(account, Loosening.ASSIGN_PROFILE, assignment.what_of(holder, profile), reason)


def _save(request: HttpRequest, account: Administrator, holder: Holder, profile: str | None) -> HttpResponse:
    asked = ask_or_assign(account, holder, profile, request.POST.get("reason", ""))
    if asked is not None:
        return waiting.show(request, asked)
    messages.success(
        request, gettext("Saved. Hours, zones and floors hold within seconds, the rest from the next sign-in.")
    )
    return redirect(_back(holder))


def _page(request: HttpRequest, holder: Holder, chosen: str, more: Mapping[str, Any]) -> HttpResponse:
    context = {
        "heading": gettext("Profile of {name}").format(name=holder),
        "lead": gettext("Organisation, department and user inherit from one to the next; the nearest says what holds."),
        "holder": holder,
        "chosen": chosen,
        "choices": scope.rows(administrator(request), Profile).order_by("name", "pk"),
        "topmost": level_of(holder) is Level.ORGANISATION,
        "back": _back(holder),
        **more,
    }
    return render(request, "profiles/assign.html", context, status=422 if "contradiction" in more else 200)


def _back(holder: Holder) -> str:
    page = _PAGES.get(level_of(holder))
    return reverse(page, args=[holder.pk]) if page is not None else reverse("profiles:profiles")
