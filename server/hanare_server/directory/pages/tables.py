"""The lists of the directory as tables: columns, what the search asks, filters."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from hanare_server.console import addresses, ending, scope
from hanare_server.console.cells import Cell, Text
from hanare_server.console.lists import Column, Filter, Table
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Department, Gateway, OfficePC, Stick, User
from hanare_server.directory.pages.words import KINDS, STATES, TONES, ZONES


def link(kind: str, row: Any, note: Text = "") -> Cell:
    """Return a cell that leads to the row's own page."""
    return Cell(str(row), addresses.of(f"directory:{kind}-one", row.pk), note=note) if row else Cell("–")


def state(row: Any) -> Cell:
    """Return the row's standing as a badge."""
    return Cell(STATES[row.state], tone=TONES.get(row.state, "secondary"))


def in_touch(row: Any) -> Cell:
    """Return whether a gateway is in touch, and whether it takes new sessions."""
    note: Text = gettext_lazy("takes no new sessions") if row.draining else ""
    if row.state != Gateway.State.ACTIVE:
        return Cell("–")
    if row.in_touch:
        return Cell(gettext_lazy("in touch"), tone="green", note=note)
    return Cell(gettext_lazy("out of touch"), tone="red", note=note)


def _departments(account: Administrator) -> Iterable[tuple[str, Text]]:
    return scope.rows(account, Department).order_by("name").values_list("pk", "name")


def _states(*values: str) -> Callable[[Administrator], Iterable[tuple[str, Text]]]:
    return lambda _account: [(value, STATES[value]) for value in values]


def _department_filter(path: str) -> Filter:
    return Filter("department", gettext_lazy("Department"), _departments, lambda value: Q(**{path: value}))


def _state_filter(*values: str) -> Filter:
    return Filter("state", gettext_lazy("Standing"), _states(*values), lambda value: Q(state=value))


def _ending(days: str) -> Q:
    return ending.sticks(int(days)) if days in dict(_ENDING) else Q(pk=None)


_ENDING: Final = tuple((str(days), word) for days, word in ending.WARNED)
_IMAGES: Final = (("old", gettext_lazy("older than allowed")),)

DEPARTMENTS: Final = Table(
    columns=(
        Column("name", gettext_lazy("Name"), lambda row: link("departments", row), ("name",)),
        Column("users", gettext_lazy("Users"), lambda row: str(row.users), ("users",)),
        Column("sticks", gettext_lazy("Sticks"), lambda row: str(row.sticks), ("sticks",)),
        Column(
            "state",
            gettext_lazy("Standing"),
            lambda row: Cell(gettext_lazy("Suspended"), tone="red") if row.suspended else Cell(STATES["active"]),
            ("suspended",),
        ),
    ),
    order=("name", "pk"),
    search=("name",),
)

USERS: Final = Table(
    columns=(
        Column("name", gettext_lazy("User"), lambda row: link("users", row, row.name), ("full_name", "name")),
        Column("department", gettext_lazy("Department"), lambda row: row.department.name, ("department__name",)),
        Column("pc", gettext_lazy("Office PC"), lambda row: link("office-pcs", getattr(row, "office_pc", None))),
        Column(
            "pin", gettext_lazy("PIN"), lambda row: gettext_lazy("set") if row.envelope else gettext_lazy("not set")
        ),
        Column("state", gettext_lazy("Standing"), state, ("state",)),
    ),
    order=("name", "pk"),
    search=("name", "full_name"),
    filters=(_department_filter("department"), _state_filter("active", "suspended", "gone")),
)

STICKS: Final = Table(
    columns=(
        Column("label", gettext_lazy("Stick"), lambda row: link("sticks", row), ("label",)),
        Column("department", gettext_lazy("Department"), lambda row: str(row.department or "–"), ("department__name",)),
        Column("holder", gettext_lazy("Holder"), lambda row: row.holder or "–", ("holder",)),
        Column("image", gettext_lazy("Image"), lambda row: str(row.image), ("image",)),
        Column("state", gettext_lazy("Standing"), state, ("state",)),
    ),
    order=("label", "pk"),
    search=("label", "pk", "department__name"),
    filters=(
        _department_filter("department"),
        _state_filter("active", "suspended", "quarantined", "locked", "revoked", "replaced"),
        Filter("certificate", gettext_lazy("Certificate"), lambda _account: _ENDING, _ending),
        Filter("image", gettext_lazy("Image"), lambda _account: _IMAGES, lambda _value: Q(image__lt=F("floor"))),
    ),
)

OFFICE_PCS: Final = Table(
    columns=(
        Column("name", gettext_lazy("Office PC"), lambda row: link("office-pcs", row), ("name",)),
        Column("user", gettext_lazy("User"), lambda row: link("users", row.user), ("user__full_name",)),
        Column("address", gettext_lazy("Address"), lambda row: f"{row.address}:{row.port}", ("address",)),
        Column("kind", gettext_lazy("Kind"), lambda row: KINDS[row.kind], ("kind",)),
        Column("zone", gettext_lazy("Zone"), lambda row: ZONES[row.zone], ("zone",)),
    ),
    order=("name", "pk"),
    search=("name", "address", "user__name", "user__full_name"),
    filters=(_department_filter("user__department"),),
)

GATEWAYS: Final = Table(
    columns=(
        Column("name", gettext_lazy("Gateway"), lambda row: link("gateways", row), ("name",)),
        Column("touch", gettext_lazy("In touch"), in_touch, ("in_touch",)),
        Column("sessions", gettext_lazy("Sessions now"), lambda row: str(row.sessions), ("sessions",)),
        Column("pool", gettext_lazy("Inner addresses"), lambda row: row.pool, ("pool",)),
        Column("position", gettext_lazy("Order"), lambda row: str(row.position), ("position",)),
        Column("state", gettext_lazy("Standing"), state, ("state",)),
    ),
    order=("position", "pk"),
    search=("name",),
)

MODELS: Final = {
    "departments": Department,
    "users": User,
    "sticks": Stick,
    "office-pcs": OfficePC,
    "gateways": Gateway,
}
"""The models by their plural word in addresses."""
