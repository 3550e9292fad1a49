"""Rows of the server's two views, and what one reading of them brings.

hub_party has organisations, gateways and sticks; hub_lease has one row per lease. Each row carries the revision of its
last change; revisions grow in commit order within an organisation, so `revision > n` never misses one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

_PARTIES: Final = (
    "SELECT organisation, kind, id, identity_key, certificate, state, code, epoch, revision, next_certificate, "
    "carrier FROM hub_party "
)
_LEASES: Final = (
    'SELECT organisation, lease, session, stick, "user", department, gateway, state, reason, certificate, ticket, '
    "address, targets, ttl_ms, grace_ms, ends_ms, revision, settings FROM hub_lease "
)

ORGANISATIONS: Final = _PARTIES + "WHERE kind = 'organisation'"

PARTIES: Final = _PARTIES + "WHERE organisation = :organisation AND kind <> 'organisation' AND revision > :known"

LEASES: Final = _LEASES + "WHERE organisation = :organisation AND revision > :known"

ALL_PARTIES: Final = (
    _PARTIES + "WHERE organisation = :organisation AND kind <> 'organisation' "
    "AND (state = 'present' OR revision > :known)"
)

ALL_LEASES: Final = (
    _LEASES + "WHERE organisation = :organisation AND (state = 'present' OR revision > :known OR ends_ms > :now_ms)"
)
"""Leases that are gone but had time left are read too: their sticks may not have heard the reason yet."""


class PartyRow(msgspec.Struct, frozen=True):
    """A row of hub_party."""

    organisation: str
    kind: str
    id: str
    identity_key: str | None
    certificate: str | None
    state: str
    code: str | None
    epoch: int | None
    revision: int
    next_certificate: str | None = None
    carrier: str | None = None
    """Of an organisation: `off` where homes may not come by the carrier."""


class LeaseRow(msgspec.Struct, frozen=True):
    """A row of hub_lease; targets and settings are JSON text."""

    organisation: str
    lease: str
    session: str
    stick: str
    user: str
    department: str | None
    gateway: str
    state: str
    reason: str | None
    certificate: str
    ticket: str
    address: str
    targets: str
    ttl_ms: int
    grace_ms: int
    ends_ms: int
    revision: int
    settings: str


class Change(msgspec.Struct, frozen=True):
    """What one reading says of one organisation."""

    organisation: PartyRow
    full: bool
    """True: what is not listed as present is gone."""
    parties: tuple[PartyRow, ...] = ()
    leases: tuple[LeaseRow, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """One read transaction over all organisations."""

    started_s: float
    """Monotonic clock just before its first query: what it says was true at that time or later."""
    changes: tuple[Change, ...]


class Known(msgspec.Struct, frozen=True):
    """What the hub holds of one organisation."""

    revision: int
    epoch: int


class DatabaseUnavailableError(Exception):
    """The database did not answer; the text is the driver's error class."""


class Database(Protocol):
    """A driver: reads changes in one transaction, and wakes the reader when the server rings its bell."""

    async def read(self, known: Mapping[str, Known], *, full: bool, now_ms: int) -> Reading:
        """Return what changed since known; full asks for everything. Raises DatabaseUnavailableError."""

    async def listen(self, ring: Callable[[], None]) -> None:
        """Call ring at each bell of the database, for ever; return at once if it has none."""

    async def close(self) -> None:
        """Close what is open."""


def wants_all(organisation: PartyRow, known: Mapping[str, Known], *, full: bool) -> bool:
    """Say whether to read everything: asked for, unknown until now, or the database was set back."""
    held = known.get(organisation.id)
    return full or held is None or organisation.revision < held.revision or (organisation.epoch or 0) < held.epoch


def wants_changes(organisation: PartyRow, known: Mapping[str, Known]) -> bool:
    """Say whether the organisation has a revision that the hub has not seen."""
    return organisation.revision > known[organisation.id].revision


def parameters(organisation: PartyRow, known: Mapping[str, Known], now_ms: int) -> dict[str, str | int]:
    """Return the parameters of the queries for one organisation; first time: no gone rows of the past."""
    held = known.get(organisation.id)
    return {
        "organisation": organisation.id,
        "known": held.revision if held else organisation.revision,
        "now_ms": now_ms,
    }


def party(values: Sequence[object]) -> PartyRow:
    """Return one row of hub_party from its columns."""
    return msgspec.convert(dict(zip(PartyRow.__struct_fields__, values, strict=True)), PartyRow)


def lease(values: Sequence[object]) -> LeaseRow:
    """Return one row of hub_lease from its columns."""
    return msgspec.convert(dict(zip(LeaseRow.__struct_fields__, values, strict=True)), LeaseRow)
