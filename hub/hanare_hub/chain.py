"""The chain of revisions: each step is one delta for every gateway; the newest steps are kept."""

from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from hanare_core.messages.gateway import PART_ENTRIES, Delta, Door, Halt, Lease
from hanare_hub.rows import Known

STEPS_KEPT: Final = 256
"""At 500 sign-ins a minute about 15 s of changes; a gateway further behind is sent a snapshot."""


HOSTS_AN_ENTRY: Final = 16
"""Names of 100 characters that take as many bytes as a lease without any."""


class Step:
    """One link of the revision chain. Its frames are encoded once, however many gateways get them."""

    def __init__(  # noqa: PLR0913 - what a delta says
        self,
        after: int,
        known: Known,
        doors: Iterable[Door],
        leases: dict[str, list[Lease]],
        halts: Iterable[Halt] = (),
        *,
        carrier: bool = True,
    ) -> None:
        self.after = after
        self.revision = known.revision
        self._epoch = known.epoch
        self._doors = tuple(doors)
        self._leases = leases
        self._halts = tuple(halts)
        self._carrier = carrier
        self._frames: dict[str, bytes] = {}

    @property
    def entries(self) -> int:
        """How many doors, leases and halts its largest delta has; sixteen names for the proxy count as one more."""
        shared = len(self._doors) + len(self._halts)
        return shared + max((sum(map(_weight, leases)) for leases in self._leases.values()), default=0)

    def frame(self, gateway: str) -> bytes:
        """Return the delta for the gateway; those without a changed lease share one."""
        owner = gateway if gateway in self._leases else ""
        if owner not in self._frames:
            leases = tuple(self._leases.get(owner, ()))
            delta = Delta(self.after, self.revision, self._epoch, self._doors, leases, self._halts, self._carrier)
            self._frames[owner] = msgspec.json.encode(delta)
        return self._frames[owner]


def _weight(lease: Lease) -> int:
    return 1 + sum(len(target.hosts) for target in lease.targets) // HOSTS_AN_ENTRY


class Chain:
    """The newest steps, unbroken up to the present revision."""

    def __init__(self) -> None:
        self.number = 0
        """Grows when the database was set back: what was sent before belongs to another history."""
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)

    def add(self, step: Step) -> None:
        """Lengthen the chain; a step too large for one delta breaks it, so that gateways get a snapshot in parts."""
        if step.entries > PART_ENTRIES:
            self._steps.clear()
        else:
            self._steps.append(step)

    def restart(self) -> None:
        """Begin another history."""
        self.number += 1
        self._steps.clear()

    def after(self, revision: int, newest: int) -> list[Step] | None:
        """Return the steps from the revision to the newest; None if the chain does not reach back so far."""
        steps = [step for step in self._steps if step.after >= revision]
        reaches = steps[0].after == revision if steps else revision == newest
        return steps if reaches else None
