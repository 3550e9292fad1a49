"""Receipts: the gateway's word on when a stopped lease had left the kernel and when its last packet passed."""

from collections.abc import Iterable
from typing import Final

from hanare_core.messages.gateway import Receipt
from hanare_server import hub_client
from hanare_server.access.act import act
from hanare_server.access.models import Lease
from hanare_server.audit.log import SYSTEM, Act, Thing
from hanare_server.clock import MINUTE_MS
from hanare_server.sockets import Unreachable

WAIT_MS: Final = 2_000
"""How long a stop waits for its receipts before it says `stopping`; the worker fetches what comes later."""

LATE_MS: Final = 10 * MINUTE_MS
"""How long the worker asks for a late receipt: a gateway that is away longer has let every TTL run out."""

_FIELDS: Final = ("removed_ms", "packets", "last_packet_ms", "clock_error_ms", "tick_ms")
"""What a lease takes from its receipt."""

BATCH: Final = 1_000
"""Leases in one question to the hub; it allows 2,000."""


def collect(organisation: str, leases: list[str], wait_ms: int = WAIT_MS) -> list[Lease]:
    """Wait for the receipts of these leases, store and audit what arrived, and return those that have one.

    Another collector may have stored some meanwhile: the worker asks for late ones every second.
    """
    for start in range(0, len(leases), BATCH):
        batch = tuple(leases[start : start + BATCH])
        try:
            _store(organisation, hub_client.await_receipts(batch, wait_ms))
        except Unreachable:
            break
    return list(Lease.objects.filter(pk__in=leases, removed_ms__isnull=False).select_related("session"))


def missing(organisation: str, now_ms: int) -> list[str]:
    """Return the leases that went lately and have no receipt yet."""
    late = Lease.objects.filter(organisation=organisation, state=Lease.State.GONE, removed_ms=None)
    return list(late.filter(gone_ms__gt=now_ms - LATE_MS).values_list("id", flat=True))


def _store(organisation: str, receipts: Iterable[Receipt]) -> None:
    by_lease = {receipt.lease: receipt for receipt in receipts}
    if not by_lease:
        return
    with act(organisation, SYSTEM) as opened:
        # Only those still missing: two collectors may have asked for the same lease.
        waiting = Lease.objects.filter(organisation=organisation, pk__in=by_lease, removed_ms=None)
        leases = list(waiting.select_related("session"))
        for lease in leases:
            _apply(lease, by_lease[lease.id])
            detail = {
                "lease": lease.id,
                "gateway": lease.gateway_id,
                "removed_ms": str(lease.removed_ms),
                "last_packet_ms": str(lease.last_packet_ms),
                "packets": str(lease.packets),
                "clock_error_ms": str(lease.clock_error_ms),
                "tick_ms": str(lease.tick_ms),
            }
            opened.write(Act.STOPPED, Thing("session", lease.session_id), detail)
        Lease.objects.bulk_update(leases, _FIELDS)


def _apply(lease: Lease, receipt: Receipt) -> None:
    for name in _FIELDS:
        setattr(lease, name, getattr(receipt, name))
