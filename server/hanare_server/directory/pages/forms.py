"""The forms of the directory. What they may choose from is what the account may see.

`seen` carries a digest of the values as the form was drawn: who saves onto a row that somebody has changed meanwhile
gets Problem(CONFLICT) with both versions and loses nothing (optimistic locking without a column for it).
"""

import hashlib
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import my_number, names
from hanare_server.directory.models import Department, OfficePC, Stick, User
from hanare_server.directory.pages.words import KINDS, ZONES

FINGERPRINT: forms.CharField = forms.CharField(
    label=gettext_lazy("Fingerprint of its certificate (SHA-256)"),
    max_length=95,
    help_text=gettext_lazy("32 pairs of hexadecimal digits with colons; the stick connects to this certificate only."),
)

TAKEN: Final = frozenset({"taken", "unique", "unique_together"})
"""Codes of the faults that mean: another thing has it."""

NEVER: Final = "my-number"
"""Code of the faults that mean: telework would come to the My Number zone."""

MY_NUMBER_BELONGS_TO_NOBODY: Final = gettext_lazy(
    "A PC of the My Number zone belongs to nobody: telework never reaches it."
)
MY_NUMBER_STAYS: Final = gettext_lazy(
    "A PC of the My Number zone keeps its zone and its address. Two people take it out of the zone, on its page."
)
MY_NUMBER_ADDRESS: Final = gettext_lazy(
    "A PC of the My Number zone has this address: telework never reaches it. Check the address."
)


class ThingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """A form on one row of the directory."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    prefix_of_id: ClassVar[str] = ""

    def __init__(self, account: Administrator, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = scope.rows(account, field.queryset.model).order_by("name", "pk")
            if isinstance(field, forms.CharField) and name != "seen":
                field.strip = True
        self.fields["seen"].initial = self.digest()

    @property
    def values(self) -> dict[str, str]:
        """Return the row's present values by field, for people."""
        found = {name: self.initial.get(name) for name in self.fields if name != "seen"}
        return {name: "" if value is None else str(value) for name, value in found.items()}

    def digest(self) -> str:
        """Return what tells whether the row is still as it was drawn."""
        return hashlib.sha256(repr(sorted(self.values.items())).encode()).hexdigest()[:32]

    def clean(self) -> dict[str, Any]:
        """Refuse characters that no name may hold."""
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):  # a fault takes its field out
            if isinstance(value, str) and name != "seen":
                self._check(name, value)
        return cleaned

    def prepare(self, row: Model) -> None:
        """Complete a new row that the form has filled."""
        row.pk = row.pk or identifiers.new(self.prefix_of_id)
        row.organisation = self.account.here  # type: ignore[attr-defined]

    def _check(self, name: str, value: str) -> None:
        try:
            names.check_text(value, path=name)
        except Problem:
            self.add_error(name, gettext("Contains characters that cannot be used."))


class DepartmentForm(ThingForm):
    """A department."""

    prefix_of_id = "dep"

    class Meta:
        """Its fields."""

        model = Department
        fields = ("name",)
        labels: ClassVar = {"name": gettext_lazy("Name")}


class UserForm(ThingForm):
    """A user. The end of the permission is a day: it holds until that day is over."""

    prefix_of_id = "usr"
    permitted_until = forms.DateField(
        label=gettext_lazy("May work from home until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day; empty: no end."),
    )

    class Meta:
        """Its fields."""

        model = User
        fields = ("name", "full_name", "department")
        labels: ClassVar = {
            "name": gettext_lazy("User name"),
            "full_name": gettext_lazy("Full name"),
            "department": gettext_lazy("Department"),
        }

    def __init__(self, account: Administrator, *args: Any, **kwargs: Any) -> None:
        self._zone = ZoneInfo(account.here.time_zone)
        row = kwargs.get("instance")
        if row is not None and row.permitted_until_ms:
            last = datetime.fromtimestamp(row.permitted_until_ms / 1000 - 1, self._zone).date()
            kwargs["initial"] = {"permitted_until": last.isoformat()}
        super().__init__(account, *args, **kwargs)

    def clean_name(self) -> str:
        """Refuse a name that another user signs in with."""
        name: str = self.cleaned_data["name"]
        try:
            key = names.normalise(name)
        except Problem as problem:
            raise forms.ValidationError(gettext("Contains characters that cannot be used.")) from problem
        taken = User.objects.filter(organisation=self.account.here, name_key=key).exclude(pk=self.instance.pk or "")
        if taken.exists():
            raise forms.ValidationError(gettext("Another user signs in with this name."), code="taken")
        return name

    def prepare(self, row: Model) -> None:
        """Set the key by which the name is looked up, and the end of the permission."""
        super().prepare(row)
        assert isinstance(row, User)  # noqa: S101 the form's own model
        row.name_key = names.normalise(row.name)
        row.permitted_until_ms = end_of_day_ms(self.cleaned_data["permitted_until"], self._zone)


class StickForm(ThingForm):
    """A stick; it is made by kitting, never here."""

    class Meta:
        """Its fields."""

        model = Stick
        fields = ("label", "department")
        labels: ClassVar = {"label": gettext_lazy("Label"), "department": gettext_lazy("Department")}


class OfficePCForm(ThingForm):
    """An office PC. One of the My Number zone belongs to nobody: telework never reaches it (三層の対策)."""

    prefix_of_id = "opc"
    user = forms.CharField(
        label=gettext_lazy("User (user name)"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Whose PC it is; empty: nobody's."),
    )
    fingerprint = FINGERPRINT
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    zone = forms.ChoiceField(label=gettext_lazy("Zone"), choices=list(ZONES.items()))

    class Meta:
        """Its fields."""

        model = OfficePC
        fields = ("name", "user", "kind", "address", "port", "fingerprint", "zone")
        labels: ClassVar = {
            "name": gettext_lazy("Name"),
            "address": gettext_lazy("Address"),
            "port": gettext_lazy("Port"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        if row is not None and row.user is not None:
            kwargs["initial"] = {"user": row.user.name}
        super().__init__(*args, **kwargs)

    def clean_user(self) -> User | None:
        """Return the user of that name; a choice of thousands would be no choice."""
        name: str = self.cleaned_data["user"]
        try:
            key = names.normalise(name) if name else ""
        except Problem:
            key = "?"
        found = scope.rows(self.account, User).filter(name_key=key).first() if name else None
        if name and found is None:
            raise forms.ValidationError(gettext("There is no such user."))
        return found

    def clean_fingerprint(self) -> str:
        """Refuse what is no SHA-256 fingerprint."""
        return checked_fingerprint(self.cleaned_data["fingerprint"])

    def clean(self) -> dict[str, Any]:
        """Refuse what would bring telework to a PC of the My Number zone."""
        cleaned = super().clean()
        zone, address = cleaned.get("zone"), cleaned.get("address", "")
        if zone == my_number.ZONE and cleaned.get("user") is not None:
            self.add_error("user", _never(MY_NUMBER_BELONGS_TO_NOBODY))
        if self.initial.get("zone") == my_number.ZONE:
            for name in {"zone", "address"} & cleaned.keys():
                if cleaned[name] != self.initial[name]:
                    self.add_error(name, _never(MY_NUMBER_STAYS))
        elif zone != my_number.ZONE and my_number.is_closed(self.account.here.pk, address):
            self.add_error("address", _never(MY_NUMBER_ADDRESS))
        return cleaned


def _never(text: Promise) -> forms.ValidationError:
    return forms.ValidationError(str(text), code=NEVER)


def checked_fingerprint(text: str) -> str:
    """Return a SHA-256 fingerprint as it is stored; raises ValidationError for what is none."""
    pairs = text.lower().split(":")
    if len(pairs) != hashlib.sha256().digest_size or not all(_is_pair(pair) for pair in pairs):
        raise forms.ValidationError(gettext("This is no SHA-256 fingerprint."))
    return text.lower()


def end_of_day_ms(day: Any, zone: ZoneInfo) -> int | None:
    """Return when that day is over in the zone, Unix milliseconds; None for no day."""
    if day is None:
        return None
    return int(datetime.combine(day + timedelta(days=1), time(), zone).timestamp() * 1000)


def _is_pair(text: str) -> bool:
    return len(text) == 2 and all(digit in "0123456789abcdef" for digit in text)  # noqa: PLR2004 two digits a byte
