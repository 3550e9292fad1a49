"""A file that goes with a confirmation and comes back: packed, because it is a few hundred kilobytes."""

import base64
import binascii
import zlib
from typing import Final

from hanare_core.problems import Code, Problem
from hanare_server.directory.transfer import text

CARRIED_BYTES: Final = 8 * 1024 * 1024
"""Largest packed file that a confirmation may bring back."""


def packed(raw: bytes) -> str:
    """Return the file as a form carries it."""
    return base64.b64encode(zlib.compress(raw)).decode("ascii")


def unpacked(carried: str) -> bytes:
    """Return the file; never more than its bound, whatever was packed. Raises Problem(MALFORMED)."""
    try:
        unpacker = zlib.decompressobj()
        return unpacker.decompress(base64.b64decode(carried[:CARRIED_BYTES], validate=True), text.FILE_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise Problem(Code.MALFORMED, detail={"path": "packed"}) from error
