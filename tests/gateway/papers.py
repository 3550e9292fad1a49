"""Keys, certificates, tickets and leases of the tests: real signatures by keys that the tests hold."""

import time
from typing import Final

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import certificate, door, signed, ticket, wire
from hanare_core.messages.gateway import Door, Lease, State, Target

ORGANISATION: Final = "city"
GATEWAY: Final = "gateway-1"
POOL: Final = "100.64.0.0/18"
CA: Final = SigningKey(b"c" * 32)
KEYD: Final = SigningKey(b"k" * 32)
IDENTITY: Final = SigningKey(b"g" * 32)
DAY_MS: Final = 86_400_000
SESSION_MS: Final = 3_600_000


OTHER: Final = SigningKey(b"x" * 32)
"""A key that nobody trusts."""


class Stick:
    """A kitted stick with its keys; `number` makes everything about it."""

    def __init__(self, number: int, *, ca: SigningKey = CA) -> None:
        self.name = f"stick-{number}"
        self.number = number
        self.door_key = PrivateKey(number.to_bytes(4, "big") * 8)
        self.session_key = PrivateKey((number + 1_000_000).to_bytes(4, "big") * 8)
        self.address = f"100.64.{number // 250}.{number % 250 + 2}"
        self.door_address = str(door.door_address(public(self.door_key), GATEWAY))
        self.certificate = certificate.issue(
            certificate.StickCertificate(
                organisation=ORGANISATION,
                stick=self.name,
                identity_key=signed.public_text(SigningKey(number.to_bytes(32, "big"))),
                door_key=public(self.door_key),
                not_before_ms=_now_ms() - DAY_MS,
                not_after_ms=_now_ms() + DAY_MS,
            ),
            ca,
        )

    def door(self, state: State = State.PRESENT) -> Door:
        """Return the stick's door."""
        return Door(stick=self.name, state=state, certificate=self.certificate)

    def ticket(self, *, keyd: SigningKey = KEYD, stick: str = "", life_ms: int = SESSION_MS) -> str:
        """Return a ticket for the stick's session key."""
        now = _now_ms()
        return ticket.issue(
            ticket.Ticket(
                id=f"ticket-{self.number}",
                organisation=ORGANISATION,
                stick=stick or self.name,
                user=f"user-{self.number}",
                session_key=public(self.session_key),
                factors=(ticket.Factor.PIN,),
                issued_ms=now - 1000,
                not_after_ms=now + life_ms,
            ),
            keyd,
        )

    def lease(
        self, *targets: tuple[str, int], ttl_ms: int = 120_000, signed_ticket: str = "", grace_ms: int = 0
    ) -> Lease:
        """Return a lease to the targets."""
        return Lease(
            lease=f"lease-{self.number}",
            session=f"session-{self.number}",
            state=State.PRESENT,
            certificate=self.certificate,
            ticket=signed_ticket or self.ticket(),
            address=self.address,
            targets=tuple(Target(address=address, port=port) for address, port in targets),
            ttl_ms=ttl_ms,
            grace_ms=grace_ms,
            ends_ms=_now_ms() + SESSION_MS,
        )


def public(key: PrivateKey) -> str:
    """Return the public half of an X25519 key as base64url."""
    return wire.key_text(bytes(key.public_key))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
