"""Every setting that holds for a user, and where it comes from."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from hanare_core.problems import Code, Problem
from hanare_core.profile import FIELDS
from hanare_server.console import scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.directory.models import User
from hanare_server.profiles.labels import LABELS, said
from hanare_server.profiles.resolve import Level, Resolved, layers_of, resolve

LEVELS: Final = {
    Level.DEFAULT: gettext_lazy("built in"),
    Level.ORGANISATION: gettext_lazy("Organisation"),
    Level.DEPARTMENT: gettext_lazy("Department"),
    Level.USER: gettext_lazy("User"),
}


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


def _origin_line(field: str, resolved: Resolved) -> tuple[object, ...]:
    layer = resolved.origins[field]
    value = getattr(resolved.settings, field)
    return LABELS[field].group, LABELS[field].title, said(field, value), LEVELS[layer.level], layer.profile
