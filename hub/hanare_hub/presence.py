"""What gateways report, in memory only: facts of present leases, receipts and refusals.

Limits: facts live as long as their lease; receipts and refusals are kept for the newest RECEIPTS_KEPT leases, a line's
quality for as many sticks, and as many readings of messages. A gateway
is heard about its own leases only.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from hanare_core.messages.gateway import Fact, Kept, Receipt
from hanare_core.messages.stick import Noted, Quality, Reading
from hanare_core.problems import Code
from hanare_hub.organisation import Organisation

RECEIPTS_KEPT: Final = 20_000
"""Two stops of a whole installation of 10,000 sessions; about 5 MiB."""

K = TypeVar("K")
T = TypeVar("T")
_NO_QUALITY: Final = Quality(rtt_ms=0, loss_permille=0)


class _Report(msgspec.Struct, frozen=True):
    gateway: str
    receipt: Receipt


class Presence:
    """Facts, receipts and refusals by lease."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, Fact]] = {}
        self._reports: dict[str, _Report] = {}
        self._refusals: dict[str, Code] = {}
        self._qualities: dict[str, Quality] = {}
        self._of_stick: dict[str, set[str]] = {}
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self._kept: dict[str, dict[str, Kept]] = {}
        self._readings: dict[tuple[str, str], Reading] = {}

    def take_facts(
        self, organisation: Organisation, gateway: str, facts: Iterable[Fact], latency_s: float = 0.0
    ) -> list[Fact]:
        """Keep the facts about the gateway's present leases, and what else is known of each line; return those."""
        own = organisation.leases_of.get(gateway, {})
        gateway_ms = round(latency_s * 1000)
        kept = [self._completed(fact, own[fact.lease].stick, gateway_ms) for fact in facts if fact.lease in own]
        for fact in kept:
            self._of_stick.setdefault(own[fact.lease].stick, set()).add(fact.lease)
        self._facts.setdefault(organisation.id, {}).update((fact.lease, fact) for fact in kept)
        return kept

    def take_quality(self, organisation: Organisation, stick: str, quality: Quality) -> list[Fact]:
        """Keep how good a stick's line is; return the facts of its leases that this completes."""
        _keep(self._qualities, stick, quality)
        facts = self._facts.setdefault(organisation.id, {})
        own = self._of_stick[stick] = {lease for lease in self._of_stick.get(stick, ()) if lease in facts}
        for lease in own:
            facts[lease] = self._completed(facts[lease], stick, facts[lease].gateway_ms)
        return [facts[lease] for lease in own]

    def _completed(self, fact: Fact, stick: str, gateway_ms: int) -> Fact:
        quality = self._qualities.get(stick, _NO_QUALITY)
        return msgspec.structs.replace(
            fact, rtt_ms=quality.rtt_ms, loss_permille=quality.loss_permille, gateway_ms=gateway_ms
        )

    def take_reading(self, stick: str, noted: Noted) -> None:
        """Keep how far a message has come on a stick."""
        _keep(self._readings, (stick, noted.note), noted.reading)

    def readings(self, note: str, sticks: Iterable[str]) -> dict[str, Reading]:
        """Return how far a message has come on those of the sticks that have said so."""
        found = ((stick, self._readings.get((stick, note))) for stick in sticks)
        return {stick: reading for stick, reading in found if reading is not None}

    def facts(self, organisation: str) -> Mapping[str, Fact]:
        """Return the organisation's facts by lease."""
        return self._facts.get(organisation, {})

    def take_receipt(self, organisation: Organisation, gateway: str, receipt: Receipt) -> None:
        """Keep the receipt, unless the lease is another gateway's, and wake who waits for it."""
        holding = organisation.leases.get(receipt.lease)
        reported = self._reports.get(receipt.lease)
        owner = holding.gateway if holding else reported.gateway if reported else gateway
        if owner != gateway:
            return
        _keep(self._reports, receipt.lease, _Report(gateway, receipt))
        for event in self._waiting.get(receipt.lease, ()):
            event.set()

    def take_refusal(self, organisation: Organisation, gateway: str, lease: str, code: Code) -> None:
        """Keep why the gateway did not accept its lease."""
        if lease in organisation.leases_of.get(gateway, {}):
            _keep(self._refusals, lease, code)

    def refusal(self, lease: str) -> Code | None:
        """Return why the lease was not accepted, if it was not."""
        return self._refusals.get(lease)

    def take_kept(self, organisation: Organisation, gateway: str, kept: Kept) -> None:
        """Keep what the gateway says that no hub has told it."""
        self._kept.setdefault(organisation.id, {})[gateway] = kept

    def forget_kept(self, organisation: Organisation, gateway: str) -> None:
        """Drop it with the gateway's channel; the next one tells it anew."""
        self._kept.get(organisation.id, {}).pop(gateway, None)

    def kept(self, organisation: str) -> Mapping[str, Kept]:
        """Return what the connected gateways keep."""
        return self._kept.get(organisation, {})

    def forget(self, organisation: str, leases: Iterable[str]) -> None:
        """Drop what is known of leases that are no longer present."""
        facts = self._facts.get(organisation, {})
        for lease in leases:
            facts.pop(lease, None)
            self._refusals.pop(lease, None)

    def forget_organisation(self, organisation: str) -> None:
        """Drop the facts of an organisation that is no longer there."""
        self._facts.pop(organisation, None)

    async def receipts(self, leases: Iterable[str], wait_s: float) -> tuple[Receipt, ...]:
        """Return the receipts of the leases as soon as all are here, or those that are after wait_s."""
        wanted = list(dict.fromkeys(leases))
        arrived = asyncio.Event()
        for lease in wanted:
            self._waiting.setdefault(lease, []).append(arrived)
        try:
            async with asyncio.timeout(wait_s):
                await self._all_reported(wanted, arrived)
        except TimeoutError:
            pass
        finally:
            self._stop_waiting(wanted, arrived)
        return tuple(self._reports[lease].receipt for lease in wanted if lease in self._reports)

    async def _all_reported(self, wanted: list[str], arrived: asyncio.Event) -> None:
        missing = [lease for lease in wanted if lease not in self._reports]
        while missing:
            arrived.clear()
            await arrived.wait()
            missing = [lease for lease in missing if lease not in self._reports]

    def _stop_waiting(self, wanted: list[str], arrived: asyncio.Event) -> None:
        for lease in wanted:
            events = self._waiting[lease]
            events.remove(arrived)
            if not events:
                del self._waiting[lease]


def _keep(table: dict[K, T], key: K, value: T) -> None:
    """Set the value as the newest, and let the oldest go beyond the limit (dicts keep the order of insertion)."""
    table.pop(key, None)
    table[key] = value
    if len(table) > RECEIPTS_KEPT:
        del table[next(iter(table))]
