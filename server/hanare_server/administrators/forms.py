"""The form of a console account."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext, gettext_lazy

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.administrators import accounts
from hanare_server.administrators.accounts import GRANTABLE, Wish
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory import names
from hanare_server.directory.models import Department

NAME_CHARACTERS: Final = 64


class AccountForm(forms.Form):
    """Who, which role, and for a department contact which departments."""

    name = forms.CharField(label=gettext_lazy("User name"), max_length=NAME_CHARACTERS)
    person = forms.CharField(
        label=gettext_lazy("Staff number"),
        max_length=NAME_CHARACTERS,
        help_text=gettext_lazy("Two accounts of one person do not approve each other's requests."),
    )
    mail = forms.EmailField(label=gettext_lazy("Mail address"), required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[(role.value, role.label) for role in GRANTABLE])
    departments = forms.ModelMultipleChoiceField(
        queryset=Department.objects.none(),
        label=gettext_lazy("Departments"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("A department contact sees these only; the other roles see all."),
    )
    active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False, initial=True)

    def __init__(self, reader: Administrator, *args: Any, account: Administrator | None = None, **kwargs: Any) -> None:
        if account is not None:
            kwargs["initial"] = {
                "name": account.name,
                "person": account.person,
                "mail": account.mail,
                "role": account.role,
                "departments": account.departments.all(),
                "active": account.is_active,
            }
        super().__init__(*args, **kwargs)
        self._account = account
        departments = self.fields["departments"]
        assert isinstance(departments, forms.ModelMultipleChoiceField)  # noqa: S101 as declared above
        departments.queryset = scope.rows(reader, Department).order_by("name", "pk")
        if account is not None:
            self.fields["name"].disabled = True
        else:
            del self.fields["active"]

    def clean_name(self) -> str:
        """Return the name as it is looked up; refuse one that another account has."""
        try:
            name = names.check_text(self.cleaned_data["name"].strip().casefold(), path="name")
        except Problem as problem:
            raise forms.ValidationError(gettext("Contains characters that cannot be used.")) from problem
        if self._account is None and accounts.is_taken(name):
            raise forms.ValidationError(gettext("Another account has this name."))
        return name

    def clean_person(self) -> str:
        """Return the number as people are told apart by it."""
        try:
            return names.staff_number(self.cleaned_data["person"])
        except Problem as problem:
            raise forms.ValidationError(gettext("Contains characters that cannot be used.")) from problem

    def clean(self) -> dict[str, Any]:
        """Refuse a department contact without a department."""
        cleaned = super().clean() or {}
        if cleaned.get("role") == Role.CONTACT and not cleaned.get("departments"):
            self.add_error("departments", gettext("A department contact needs at least one department."))
        return cleaned

    def wish(self) -> Wish:
        """Return what the valid form asks for."""
        cleaned = self.cleaned_data
        contact = cleaned["role"] == Role.CONTACT
        return {
            "account": self._account.pk if self._account else identifiers.new("adm"),
            "name": cleaned["name"],
            "person": cleaned["person"],
            "mail": cleaned["mail"],
            "role": cleaned["role"],
            "departments": sorted(one.pk for one in cleaned["departments"]) if contact else [],
            "active": cleaned.get("active", True),
        }
