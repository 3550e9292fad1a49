"""The ticket: keyd's signed word that this user signed in on this stick with this session key.

A gateway opens nothing without one. It names no office PC: what a session may reach is the lease's.
"""

from enum import StrEnum
from typing import Final

from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind

TICKET_LIFE_MS: Final = 12 * 3600 * 1000
"""Longest life of a ticket, and so of a session: re-authentication after 12 hours (NIST SP 800-63B AAL2)."""


class Factor(StrEnum):
    """A proof that the user gave beside the stick."""

    PIN = "pin"
    TOTP = "totp"
    FIDO2 = "fido2"


class Ticket(wire.Message, frozen=True):
    """What keyd signs at the end of a sign-in; times in Unix milliseconds."""

    id: wire.Id
    organisation: wire.Id
    stick: wire.Id
    user: wire.Id
    session_key: wire.Key
    """X25519 public key of the session tunnel; its private half is in the stick's memory only."""
    factors: tuple[Factor, ...]
    issued_ms: wire.Milliseconds
    not_after_ms: wire.Milliseconds


def issue(ticket: Ticket, keyd_key: SigningKey) -> str:
    """Return the ticket signed by keyd's key."""
    return signed.sign(Kind.TICKET, ticket, keyd_key)


def verify(text: str, keyd_public_key: str, *, organisation: str, now_ms: int) -> Ticket:
    """Return the ticket if keyd signed it for this organisation and it has not ended.

    A ticket from the future is accepted: gateway and keyd clocks may differ, and its life is bounded by keyd's.
    Raises Problem(NOT_AUTHENTIC) for another signer, organisation or an over-long life, and Problem(HARD_END) when it
    has ended.
    """
    ticket = signed.verify(Kind.TICKET, text, keyd_public_key, Ticket)
    over_long = ticket.not_after_ms - ticket.issued_ms > TICKET_LIFE_MS
    if ticket.organisation != organisation or over_long:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.TICKET.value})
    if now_ms >= ticket.not_after_ms:
        raise Problem(Code.HARD_END)
    return ticket
