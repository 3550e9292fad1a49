"""The hash chain of the audit log: what a row's hash covers, by which anybody verifies a log (tools/verify_audit.py).

A row's hash is SHA-256 over a domain line and the row as canonical JSON: UTF-8, keys in ascending order, no
white space, integers and text only (what RFC 8785 gives for such values). The row holds the hash of the row
before it, so a row that is changed, left out, added or moved breaks the chain at a number that the verifier
can name. Cutting off the newest rows does not show in the chain itself: that is what the checkpoints that
gateways keep are for.
"""

import hashlib
from typing import Final

import msgspec

from hanare_core import wire

FIRST_HASH: Final = "0" * 64
"""What stands as previous hash in the row with number 1."""

_DOMAIN: Final = b"hanare/1/audit-row\n"


class AuditRow(wire.Message, frozen=True):
    """One act as it is hashed; times in Unix milliseconds."""

    organisation: wire.Id
    number: wire.Count
    time_ms: wire.Milliseconds
    actor_kind: str
    actor: str
    act: str
    object_kind: str
    object: str
    detail: dict[str, str]
    previous_hash: str


def row_hash(row: AuditRow) -> str:
    """Return the row's hash as 64 hexadecimal digits."""
    return hashlib.sha256(_DOMAIN + msgspec.json.encode(row, order="sorted")).hexdigest()
