"""All organisations in memory, as the last reading of the database left them."""

import time
from collections.abc import Iterator, Mapping

import msgspec

from hanare_hub.organisation import Organisation, Outcome
from hanare_hub.rows import Known, Reading


class Applied(msgspec.Struct, frozen=True):
    """What one reading changed in one organisation."""

    organisation: Organisation
    outcome: Outcome
    deleted: bool = False
    """The organisation is no longer in the database."""


class World:
    """The desired state that channels serve."""

    def __init__(self) -> None:
        self.organisations: dict[str, Organisation] = {}
        self.loaded = False
        """False until the first reading: nobody can be recognised yet."""

    @property
    def known(self) -> Mapping[str, Known]:
        """What the next reading may leave out."""
        return {organisation.id: organisation.known for organisation in self.organisations.values()}

    def apply(self, reading: Reading) -> Iterator[Applied]:
        """Take over a reading; gives the organisations whose state changed."""
        self.loaded = True
        for change in reading.changes:
            organisation = self.organisations.setdefault(change.organisation.id, Organisation(change.organisation))
            before = (organisation.known, organisation.chain.number)
            outcome = organisation.apply(change, reading.started_s)
            if (organisation.known, organisation.chain.number) != before:
                yield Applied(organisation, outcome)
        listed = {change.organisation.id for change in reading.changes}
        for lost in [organisation for organisation in self.organisations if organisation not in listed]:
            yield Applied(self.organisations.pop(lost), Outcome(), deleted=True)

    def of_gateway(self, gateway: str) -> Organisation | None:
        """Return the organisation that the gateway belongs to."""
        return next((each for each in self.organisations.values() if gateway in each.gateways), None)

    def of_stick(self, stick: str) -> Organisation | None:
        """Return the organisation that the stick belongs to, if its door stands."""
        return next((each for each in self.organisations.values() if stick in each.standings), None)


def age_ms(confirmed_s: float) -> int:
    """Return how long ago a query that began at confirmed_s (monotonic) was asked, rounded up."""
    return max(0, int((time.monotonic() - confirmed_s) * 1000) + 1)


def now_ms() -> int:
    """Return server time, Unix milliseconds."""
    return time.time_ns() // 1_000_000
