"""Keys and what they sign: certificates, tickets and the console's tokens."""

import time
from typing import Final

from nacl.signing import SigningKey

from hanare_core import certificate, signed, ticket, wire
from hanare_core.messages import local
from hanare_core.signed import Kind

ORGANISATION: Final = "city"
YEAR_MS: Final = 365 * 86400 * 1000

CA = SigningKey(b"c" * 32)
KEYD = SigningKey(b"k" * 32)
SERVER = SigningKey(b"s" * 32)


def key_of(name: str) -> SigningKey:
    """Return the identity key of a gateway or stick."""
    return SigningKey(name.encode().ljust(32, b"."))


def stick_certificate(name: str) -> str:
    """Return the certificate of a stick."""
    key = wire.key_text(name.encode().ljust(32, b"-"))
    statement = certificate.StickCertificate(
        ORGANISATION, name, signed.public_text(key_of(name)), key, 0, now_ms() // YEAR_MS * YEAR_MS + 2 * YEAR_MS
    )
    return certificate.issue(statement, CA)


def stick_ticket(name: str) -> str:
    """Return a ticket for a stick."""
    statement = ticket.Ticket(
        "ticket-1", ORGANISATION, name, "user-1", wire.key_text(b"w" * 32), (ticket.Factor.PIN,), 0, 1
    )
    return ticket.issue(statement, KEYD)


def live_token(*departments: str, life_ms: int = 60_000, key: SigningKey = SERVER) -> str:
    """Return a console page's token."""
    token = local.LiveToken(ORGANISATION, departments, "ja", now_ms() + life_ms)
    return signed.sign(Kind.LIVE_TOKEN, token, key)


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000
