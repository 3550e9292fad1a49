"""What a gateway has to tell the hub and has not told yet: receipts, refusals, and facts that changed."""

from collections.abc import Iterable, Mapping

from hanare_core.messages.gateway import PART_ENTRIES, Ack, Fact, Receipt, Rejected
from hanare_core.problems import Code


class Reports:
    """Waits for the next acknowledgement or beat."""

    def __init__(self) -> None:
        self._receipts: list[Receipt] = []
        self._rejected: dict[str, Rejected] = {}
        self._told: dict[str, Fact] = {}

    @property
    def waiting(self) -> bool:
        """Whether a receipt or a refusal waits to be told."""
        return bool(self._receipts or self._rejected)

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Keep receipts until the next acknowledgement; a lease that has one has no facts any more."""
        for receipt in receipts:
            self._receipts.append(receipt)
            self._told.pop(receipt.lease, None)

    def reject(self, lease: str, code: Code) -> None:
        """Keep why a lease was refused until the next acknowledgement."""
        self._rejected[lease] = Rejected(lease=lease, code=code)

    def acks(self, revision: int, epoch: int) -> list[Ack]:
        """Return the acknowledgement of the revision that the kernel holds, in parts where it tells much."""
        receipts, self._receipts = self._receipts, []
        rejected, self._rejected = list(self._rejected.values()), {}
        starts = range(0, max(len(receipts), len(rejected), 1), PART_ENTRIES)
        return [
            Ack(
                revision=revision,
                epoch=epoch,
                receipts=tuple(receipts[start : start + PART_ENTRIES]),
                rejected=tuple(rejected[start : start + PART_ENTRIES]),
            )
            for start in starts
        ]

    def changed(self, facts: Mapping[str, Fact]) -> tuple[Fact, ...]:
        """Return those of these facts that differ from what was told of the same leases last."""
        news = {lease: fact for lease, fact in facts.items() if self._told.get(lease) != fact}
        self._told.update(news)
        return tuple(news.values())

    def forget_told(self) -> None:
        """Tell every fact again when it is given: a new hub knows none."""
        self._told.clear()
