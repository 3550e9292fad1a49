"""Does a stick have the room that it claims? Stamps all over it, each telling its own place.

Sticks with a false size either write round to their beginning, at a power of two of bytes, or forget what comes after
their real end. So a stamp is put on every STEP that the image does not fill, and on the last MiB: one that wraps lands
on another stamp or on the image and is seen when all is read back. Not found: a wrap at no multiple of STEP.
The method is f3probe's, coarser: it costs seconds instead of a whole write.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from hanare_image.media import Medium

STEP: Final = 64 * 1024 * 1024
"""Distance of two stamps, bytes: the smallest real size of a false stick that still occurs is far above."""

STAMP_BYTES: Final = 4096

_TAIL: Final = 1024 * 1024
"""The last stamp's distance from the end: before the backup table's 17 KiB."""

Range = tuple[int, int]
"""Start and end, bytes."""


def places(size: int, used: Sequence[Range]) -> list[int]:
    """Return where stamps go on a disk of this size, outside of the ranges that the image fills."""
    last = size - _TAIL
    wanted = [*range(STEP, last - STAMP_BYTES, STEP), last]
    return [at for at in wanted if all(at + STAMP_BYTES <= start or at >= end for start, end in used)]


def write(medium: Medium, at: Sequence[int], secret: bytes) -> None:
    """Put the stamps; secret: random, so that an earlier writer's stamps are not taken for ours."""
    for place in at:
        medium.write(place, _stamp(place, secret))


def wrong(medium: Medium, at: Sequence[int], secret: bytes) -> Iterator[int]:
    """Yield the places where a stamp does not stand."""
    return (place for place in at if medium.read(place, STAMP_BYTES) != _stamp(place, secret))


def _stamp(place: int, secret: bytes) -> bytes:
    return hashlib.shake_256(b"hanare/1/stamp\n" + secret + place.to_bytes(8, "big")).digest(STAMP_BYTES)
