"""A checkpoint of an audit log: keyd's signed word that the log had this row as its newest, with this hash.

A chain alone cannot show that its newest rows were cut off, nor that all of it was written anew. Whoever holds a
checkpoint can: gateways keep the newest one, and each goes to the place outside that the settings name.
"""

from typing import Annotated

import msgspec

from hanare_core import wire

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A row's hash (`hanare_core.audit`)."""


class Checkpoint(wire.Message, frozen=True):
    """What keyd signs (kind audit-checkpoint); the time is keyd's own."""

    organisation: wire.Id
    number: wire.Count
    row_hash: Hash
    time_ms: wire.Milliseconds
