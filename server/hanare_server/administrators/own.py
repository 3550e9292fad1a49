"""One's own staff number and mail address, where the account was made without: the first one of an office.

Only what is missing is asked for. To change either takes two other people (`hanare_server.administrators.accounts`).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.administrators import accounts
from hanare_server.administrators.forms import NAME_CHARACTERS
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory import names
from hanare_server.directory.pages.change import actor


class OwnForm(forms.Form):
    """What the account lacks."""

    person = forms.CharField(
        label=gettext_lazy("Staff number"),
        max_length=NAME_CHARACTERS,
        help_text=gettext_lazy("Without it the account approves nothing: nobody could tell whose it is."),
    )
    mail = forms.EmailField(
        label=gettext_lazy("Mail address"),
        required=False,
        help_text=gettext_lazy("Where you are told what others do with your account."),
    )

    def __init__(self, account: Administrator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("person", "mail"):
            if getattr(account, name):
                del self.fields[name]

    def clean_person(self) -> str:
        """Refuse characters that no name may hold."""
        try:
            return names.staff_number(self.cleaned_data["person"])
        except Problem as problem:
            raise forms.ValidationError(gettext("Contains characters that cannot be used.")) from problem


@permitted(Permission.ACCOUNT)
@require_http_methods(["GET", "POST"])
def complete(request: HttpRequest) -> HttpResponse:
    """Ask for what one's own account lacks, and add it."""
    account = administrator(request)
    form = OwnForm(account, request.POST if request.method == "POST" else None)
    if not form.fields:
        raise Problem(Code.NOT_FOUND)
    if request.method == "GET" or not form.is_valid():
        context = {"heading": gettext("Complete your account"), "form": form}
        return render(request, "administrators/own.html", context, status=200 if request.method == "GET" else 422)
    given = {field: value for field, value in form.cleaned_data.items() if value}
    with act(account.organisation_id, actor(account)) as opened:
        accounts.complete(opened, account, given)
    messages.success(request, gettext("Saved."))
    return redirect("mfa_index")
