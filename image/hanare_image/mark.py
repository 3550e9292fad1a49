"""How far a write has come, kept on the stick itself: a writer that was killed goes on from there.

The mark stands before the first partition, where no partition owns anything: magic, SHA-256 of the manifest, bytes that
are surely on the stick (big-endian, 64 bits), SHA-256 over all of it. A torn mark is no mark. It is a hint only: what
it says is read back in the end like everything else. The finished table overwrites it.
"""

import hashlib
import struct
from typing import Final

AT: Final = 512 * 1024
"""Behind the table's 17 KiB and BIOS code's 440 bytes, before the first partition at 1 MiB."""

BYTES: Final = 4096

_LAYOUT: Final = struct.Struct(">8s32sQ")
_MAGIC: Final = b"HNRWRITE"
_DIGEST: Final = 32


def encode(image: bytes, done: int) -> bytes:
    """Return the mark of an image (its manifest's SHA-256) of which so many bytes are written."""
    body = _LAYOUT.pack(_MAGIC, image, done)
    return (body + hashlib.sha256(body).digest()).ljust(BYTES, b"\0")


def decode(data: bytes, image: bytes) -> int | None:
    """Return how many bytes of this image are written, or None when nobody was writing it."""
    body, digest = data[: _LAYOUT.size], data[_LAYOUT.size : _LAYOUT.size + _DIGEST]
    if len(body) < _LAYOUT.size or hashlib.sha256(body).digest() != digest:
        return None
    magic, marked, done = _LAYOUT.unpack(body)
    return int(done) if magic == _MAGIC and marked == image else None
