"""A lease table with a pretended kernel and hub: papers signed by real keys, and clocks that a test turns."""

from functools import cache
from ipaddress import IPv4Network
from typing import Final

import msgspec
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import certificate, signed, ticket, wire
from hanare_core.admission import Trust
from hanare_core.kernel import (
    AddPeer,
    Counted,
    Element,
    ElementFact,
    Instant,
    KernelFacts,
    Operation,
    PeerFact,
    RemoveElements,
    RemovePeer,
    SetElements,
)
from hanare_core.lease import LeaseTable, Outcome
from hanare_core.messages.gateway import BeatAnswer, Delta, Door, Halt, Lease, Snapshot, State, Target

CA: Final = SigningKey(b"c" * 32)
KEYD: Final = SigningKey(b"k" * 32)
OTHER: Final = SigningKey(b"x" * 32)
START_MS: Final = 1_800_000_000_000
"""Wall and server time when the tests begin."""

BOOT_MS: Final = 1_000_000
"""The monotonic clock at that time."""

TTL_MS: Final = 120_000
HOUR_MS: Final = 3_600_000
TRUST: Final = Trust(
    "city", "gateway-1", signed.public_text(CA), signed.public_text(KEYD), IPv4Network("100.64.0.0/18")
)


@cache
def key_of(number: int) -> str:
    """Return an X25519 public key."""
    return wire.key_text(bytes(PrivateKey(number.to_bytes(32, "big")).public_key))


PEER_KEY: Final = key_of(2001)
DOOR_KEY: Final = key_of(1001)
RDP: Final = Element("100.64.0.1", "10.20.0.101", 3389)
"""Of stick 1: the keys of its session and of its door, and what lease-1 lets through."""


@cache
def certificate_of(
    number: int, *, ca: SigningKey = CA, organisation: str = "city", life_ms: int = HOUR_MS * 100
) -> str:
    """Return the certificate of stick `number`."""
    stick = certificate.StickCertificate(
        organisation=organisation,
        stick=f"stick-{number}",
        identity_key=key_of(number),
        door_key=key_of(1000 + number),
        not_before_ms=START_MS - HOUR_MS,
        not_after_ms=START_MS + life_ms,
    )
    return certificate.issue(stick, ca)


@cache
def ticket_of(
    number: int, *, keyd: SigningKey = KEYD, stick: int = 0, session: int = 0, life_ms: int = HOUR_MS * 10
) -> str:
    """Return the ticket of stick `number`; `stick` and `session` borrow another's."""
    body = ticket.Ticket(
        id=f"ticket-{number}",
        organisation="city",
        stick=f"stick-{stick or number}",
        user="user-1",
        session_key=key_of(session or 2000 + number),
        factors=(ticket.Factor.PIN,),
        issued_ms=START_MS,
        not_after_ms=START_MS + life_ms,
    )
    return ticket.issue(body, keyd)


def lease_of(number: int, **changes: object) -> Lease:
    """Return a good lease of stick `number`, with changes."""
    lease = Lease(
        lease=f"lease-{number}",
        session=f"session-{number}",
        state=State.PRESENT,
        certificate=certificate_of(number),
        ticket=ticket_of(number),
        address=f"100.64.0.{number}",
        targets=(Target(address="10.20.0.101", port=3389),),
        ttl_ms=TTL_MS,
        grace_ms=0,
        ends_ms=START_MS + HOUR_MS * 8,
    )
    return msgspec.structs.replace(lease, **changes)


def gone(lease: Lease) -> Lease:
    """Return the lease as gone."""
    return msgspec.structs.replace(lease, state=State.GONE)


def door_of(number: int, state: State = State.PRESENT) -> Door:
    """Return the door of stick `number`."""
    return Door(stick=f"stick-{number}", state=state, certificate=certificate_of(number))


class Desk:
    """The table under test, its kernel and its clocks, all in step."""

    def __init__(self, *, epoch: int = 0, revoked: dict[str, int] | None = None, halts: tuple[Halt, ...] = ()) -> None:
        self.table = LeaseTable(TRUST, epoch=epoch, revoked=revoked, halts=halts)
        self.elapsed_ms = 0
        self.peers: dict[str, PeerFact] = {}
        self.elements: dict[Element, int] = {}
        self.revision = 0
        self.epoch = 1
        self.table.ask_snapshot(self.now)

    @property
    def now(self) -> Instant:
        """Both clocks."""
        return Instant(BOOT_MS + self.elapsed_ms, START_MS + self.elapsed_ms)

    @property
    def time_ms(self) -> int:
        """The server's clock: one minute ahead of the gateway's."""
        return START_MS + 60_000 + self.elapsed_ms

    def living(self) -> set[Element]:
        """Return the elements whose timeout has not passed."""
        return {element for element, until in self.elements.items() if until > self.now.mono_ms}

    def facts(self) -> KernelFacts:
        """Look at the kernel."""
        living = {element: ElementFact(1, self.now.mono_ms) for element in self.living()}
        return KernelFacts(dict(self.peers), living)

    def apply(self, operations: tuple[Operation, ...], *, packets: int = 0) -> None:
        """Do in the kernel what the table wants, counting so many packets for each element that ends."""
        counted = []
        for operation in operations:
            match operation:
                case AddPeer(key, address):
                    self.peers[key] = PeerFact(address, 0, 0, 0)
                case RemovePeer(key):
                    self.peers.pop(key, None)
                case SetElements(lease, elements, timeout_ms):
                    counted.append(Counted(lease, packets, self.now.mono_ms if packets else None, self.now.mono_ms))
                    self.elements.update(dict.fromkeys(elements, self.now.mono_ms + timeout_ms))
                case RemoveElements(lease, elements):
                    counted.append(Counted(lease, packets, self.now.mono_ms if packets else None, self.now.mono_ms))
                    for element in elements:
                        self.elements.pop(element, None)
        self.table.settle(counted)

    def snapshot(self, *leases: Lease, doors: tuple[Door, ...] = (), age_ms: int = 0, more: bool = False) -> Outcome:
        """Say a snapshot and carry out what it leads to."""
        self.revision += not more
        part = Snapshot(
            revision=self.revision,
            epoch=self.epoch,
            age_ms=age_ms,
            time_ms=self.time_ms,
            doors=doors,
            leases=leases,
            more=more,
        )
        return self._done(self.table.snapshot(part, self.now))

    def delta(
        self,
        *leases: Lease,
        doors: tuple[Door, ...] = (),
        halts: tuple[Halt, ...] = (),
        after: int | None = None,
        packets: int = 0,
    ) -> Outcome:
        """Say a delta and carry out what it leads to."""
        previous, self.revision = self.revision, self.revision + 1
        delta = Delta(
            after=previous if after is None else after,
            revision=self.revision,
            epoch=self.epoch,
            doors=doors,
            leases=leases,
            halts=halts,
        )
        return self._done(self.table.delta(delta, self.now), packets)

    def ask(self) -> int:
        """Send a beat and return its stamp."""
        return self.table.beat(self.now).stamp_ms

    def answer(self, stamp_ms: int, *, age_ms: int = 0, revision: int | None = None, packets: int = 0) -> Outcome:
        """Answer a beat and carry out what it leads to."""
        answer = BeatAnswer(
            stamp_ms=stamp_ms,
            revision=self.revision if revision is None else revision,
            age_ms=age_ms,
            time_ms=self.time_ms,
        )
        outcome = self.table.beat_answer(answer, self.now)
        if not outcome.renew:
            return self._done(outcome)
        done: list[Operation] = []
        for operations in self.table.renewals(lambda: self.now):
            self.apply(operations, packets=packets)
            done += operations
        return outcome._replace(operations=tuple(done))

    def _done(self, outcome: Outcome, packets: int = 0) -> Outcome:
        self.apply(outcome.operations, packets=packets)
        return outcome
