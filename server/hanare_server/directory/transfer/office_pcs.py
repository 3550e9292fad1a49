"""Office PCs by CSV: a row is a PC by its name; its user is named by sign-in name."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.console import scope
from hanare_server.console.models import Administrator
from hanare_server.directory import my_number, names
from hanare_server.directory.models import OfficePC, User
from hanare_server.directory.pages.forms import (
    MY_NUMBER_ADDRESS,
    MY_NUMBER_BELONGS_TO_NOBODY,
    MY_NUMBER_STAYS,
    checked_fingerprint,
)
from hanare_server.directory.transfer.plan import Columns, FaultyError, Reader, Step, differences

LARGEST_PORT: Final = 65_535


class OfficePCReader(Reader):
    """Reads office PCs. A user has one PC, and one of the My Number zone belongs to nobody."""

    thing = "office-pc"
    key = "name"
    fields = ("user", "kind", "address", "port", "fingerprint", "zone")
    longest: ClassVar = {"name": 200, "user": 64}
    columns: ClassVar[Columns] = {
        "name": ("業務用PC", "PC名", "office pc"),
        "user": ("利用者名", "sign-in name"),
        "kind": ("種類", "kind"),
        "address": ("アドレス", "address"),
        "port": ("ポート", "port"),
        "fingerprint": ("証明書のフィンガープリント", "fingerprint"),
        "zone": ("ゾーン", "zone"),
    }

    def __init__(self, account: Administrator) -> None:
        super().__init__(account)
        self._named: dict[str, list[OfficePC]] = {}
        for row in scope.rows(account, OfficePC).select_related("user"):
            self._named.setdefault(row.name, []).append(row)
        self._users = {user.name_key: user for user in scope.rows(account, User)}
        taken = OfficePC.objects.filter(organisation=account.here, user__isnull=False)
        self._closed = my_number.addresses_of(account.here.pk)
        self._owner_of = dict(taken.values_list("user", "name"))

    def read(self, line: int, cells: Mapping[str, str]) -> Step:
        """Return what the row does to a PC."""
        name = self.text(cells, "name")
        if not name:
            raise FaultyError(gettext("The name is missing."))
        self.once(line, name, name)
        present = self._named.get(name, [])
        if len(present) > 1:
            raise FaultyError(gettext("There are several office PCs “{name}”.").format(name=name[:40]))
        row = present[0] if present else OfficePC(id=identifiers.new("opc"), organisation=self.account.here, name=name)
        before = _values(row)
        self._apply(row, cells, new=not present)
        return Step(row, differences(before, _values(row)), added=not present)

    def _apply(self, row: OfficePC, cells: Mapping[str, str], *, new: bool) -> None:
        stood = (row.zone, row.address)
        if new and not (cells.get("address") and cells.get("fingerprint")):
            raise FaultyError(gettext("A new office PC needs address and fingerprint."))
        row.kind = _choice(cells.get("kind") or row.kind or OfficePC.Kind.WINDOWS, OfficePC.Kind.values)
        row.zone = _choice(cells.get("zone") or row.zone, OfficePC.Zone.values)
        row.address = _address(cells.get("address") or row.address)
        row.port = _port(cells.get("port") or str(row.port))
        row.fingerprint = _fingerprint(cells.get("fingerprint") or row.fingerprint)
        if "user" in cells:
            row.user = self._user(row, cells)
        self._keep_out(row, stood, new=new)

    def _keep_out(self, row: OfficePC, stood: tuple[str, str], *, new: bool) -> None:
        """Refuse what would bring telework to a PC of the My Number zone; `stood`: zone and address until now."""
        if row.zone == my_number.ZONE and row.user is not None:
            raise FaultyError(str(MY_NUMBER_BELONGS_TO_NOBODY))
        if not new and stood[0] == my_number.ZONE and stood != (row.zone, row.address):
            raise FaultyError(str(MY_NUMBER_STAYS))
        if row.zone != my_number.ZONE and row.address in self._closed:
            raise FaultyError(str(MY_NUMBER_ADDRESS))
        if row.zone == my_number.ZONE:
            self._closed.add(row.address)

    def _user(self, row: OfficePC, cells: Mapping[str, str]) -> User | None:
        name = self.text(cells, "user")
        if not name:
            return None
        try:
            user = self._users.get(names.normalise(name))
        except Problem:
            user = None
        if user is None:
            raise FaultyError(gettext("There is no user “{name}”.").format(name=name[:40]))
        if self._owner_of.setdefault(user.pk, row.name) != row.name:
            sentence = gettext("“{name}” already has the office PC “{pc}”.")
            raise FaultyError(sentence.format(name=name, pc=self._owner_of[user.pk]))
        return user


def exported(found: QuerySet[OfficePC]) -> Iterator[list[str]]:
    """Give the rows of a file."""
    for row in found.select_related("user"):
        yield [row.name, *_values(row).values()]


def _values(row: OfficePC) -> dict[str, str]:
    return {
        "user": row.user.name if row.user else "",
        "kind": row.kind,
        "address": row.address or "",
        "port": str(row.port),
        "fingerprint": row.fingerprint,
        "zone": row.zone,
    }


def _choice(text: str, choices: list[str]) -> str:
    if text.casefold() not in choices:
        sentence = gettext("“{text}” is none of: {choices}.")
        raise FaultyError(sentence.format(text=text[:20], choices=", ".join(choices)))
    return text.casefold()


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise FaultyError(gettext("“{text}” is no IPv4 address.").format(text=text[:40])) from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= LARGEST_PORT):
        raise FaultyError(gettext("“{text}” is no port.").format(text=text[:20]))
    return int(text)


def _fingerprint(text: str) -> str:
    try:
        return checked_fingerprint(text)
    except forms.ValidationError as error:
        raise FaultyError(error.messages[0]) from error
