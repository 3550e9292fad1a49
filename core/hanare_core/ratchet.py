"""The stick's state area: two slots, of which the older is overwritten, so that a torn write loses only itself.

A slot is fixed in size: magic, sequence, generation and last good time as big-endian 64-bit numbers, then BLAKE2b-256
(RFC 7693) over all of them. The whole slot with the higher sequence counts; a power cut at any byte of a write leaves
the earlier slot whole. Limits: no secrecy; a copied area is told from its original by the server alone.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from hanare_core.problems import Code, Problem

SLOT_BYTES: Final = 4096
"""Distance between slots: a flash page or more, so that writing one never rewrites the other."""

AREA_BYTES: Final = 2 * SLOT_BYTES

_MAGIC: Final = b"HNRSLOT1"
_LAYOUT: Final = struct.Struct(">8sQQQ")
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True)
class StickState:
    """What a slot holds."""

    sequence: int
    """Counts writes; decides which slot is newer."""
    generation: int
    """Tells a copy of the stick from its original (docs/protocol.md, "Ratchet")."""
    last_good_ms: int
    """Unix milliseconds of the last server time that was seen."""


@dataclass(frozen=True)
class Change:
    """Bytes to write at an offset of the area, then to flush."""

    offset: int
    data: bytes


def read(area: bytes) -> StickState:
    """Return the newest whole slot; raise Problem(INTERNAL) when none is whole."""
    whole = [state for state in _slots(area) if state is not None]
    if not whole:
        raise Problem(Code.INTERNAL, detail={"part": "state-area"})
    return max(whole, key=lambda state: state.sequence)


def write(area: bytes, *, generation: int, now_ms: int) -> Change:
    """Return what puts the new values over the older slot; neither generation nor time goes back."""
    newest = read(area)
    state = StickState(
        sequence=newest.sequence + 1,
        generation=max(generation, newest.generation),
        last_good_ms=max(now_ms, newest.last_good_ms),
    )
    older = 1 if _slots(area)[0] == newest else 0
    return Change(older * SLOT_BYTES, encode(state))


def new_area(now_ms: int) -> bytes:
    """Return the area of a new stick: generation 0 in both slots."""
    slots = (encode(StickState(sequence, 0, now_ms)).ljust(SLOT_BYTES, b"\0") for sequence in (1, 2))
    return b"".join(slots)


def encode(state: StickState) -> bytes:
    """Return the slot's bytes, fewer than SLOT_BYTES."""
    body = _LAYOUT.pack(_MAGIC, state.sequence, state.generation, state.last_good_ms)
    return body + _digest(body)


def decode(slot: bytes) -> StickState | None:
    """Return what a slot holds, or None when it was never written or is torn."""
    body = slot[: _LAYOUT.size]
    digest = slot[_LAYOUT.size : _LAYOUT.size + _DIGEST_BYTES]
    if len(body) < _LAYOUT.size or digest != _digest(body):
        return None
    magic, sequence, generation, last_good_ms = _LAYOUT.unpack(body)
    return StickState(sequence, generation, last_good_ms) if magic == _MAGIC else None


def _slots(area: bytes) -> tuple[StickState | None, StickState | None]:
    return decode(area[:SLOT_BYTES]), decode(area[SLOT_BYTES:AREA_BYTES])


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES, person=b"hanare/1/slot").digest()
