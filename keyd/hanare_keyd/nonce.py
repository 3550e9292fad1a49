"""Nonces: minted and checked by keyd alone, each bound to one stick and a few minutes.

Layout before base64url, 32 bytes: time of minting (8 bytes, big endian, Unix ms), random (8), HMAC-SHA256 over both and
the stick's id (first 16 bytes). Minting keeps no state; that a nonce is good for one attempt only is the primary key of
`attempts`.
"""

import hmac
import secrets
from typing import Final

from hanare_core import wire
from hanare_core.problems import Code, Problem

CLOCK_STEP_MS: Final = 5_000
"""How far the clock may be set back between minting and use; further, the nonce is refused."""

_TIME_BYTES: Final = 8
_RANDOM_BYTES: Final = 8
_HEAD_BYTES: Final = _TIME_BYTES + _RANDOM_BYTES
_TAG_BYTES: Final = 16


def mint(key: bytes, stick: str, now_ms: int) -> str:
    """Return a fresh nonce for the stick."""
    head = now_ms.to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return wire.key_text(head + _tag(key, head, stick))


def check(key: bytes, nonce: str, stick: str, now_ms: int, *, life_ms: int) -> None:
    """Raise Problem(NOT_AUTHENTIC) unless keyd minted it for this stick, Problem(NONCE_EXPIRED) when it is too old."""
    data = wire.key_bytes(nonce)
    head, tag = data[:_HEAD_BYTES], data[_HEAD_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, head, stick)):
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": "nonce"})
    age_ms = now_ms - int.from_bytes(head[:_TIME_BYTES], "big")
    if not -CLOCK_STEP_MS <= age_ms < life_ms:
        raise Problem(Code.NONCE_EXPIRED)


def _tag(key: bytes, head: bytes, stick: str) -> bytes:
    return hmac.digest(key, head + stick.encode("ascii"), "sha256")[:_TAG_BYTES]
