"""The verity root hash of a squashfs, computed anew: proof that a slot holds the root that the signature speaks of.

Linux Documentation/admin-guide/device-mapper/verity.rst, format 1: SHA-256 over salt and block, blocks of 4096 bytes,
levels stored from the top down behind the data. The builder takes the salt from the content (SHA-256 of the squashfs),
so nothing but the slot's own bytes is needed. The size comes from the squashfs superblock (kernel's squashfs_fs.h).
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Final

from hanare_image.media import CHUNK

BLOCK: Final = 4096

_PER_BLOCK: Final = BLOCK // hashlib.sha256().digest_size
_MAGIC: Final = b"hsqs"
_BYTES_USED: Final = struct.Struct("<Q")
_BYTES_USED_AT: Final = 40
_SUPERBLOCK: Final = 96

Read = Callable[[int, int], bytes]
"""Returns the bytes at (place in the slot, size)."""


def data_bytes(read: Read) -> int:
    """Return the squashfs's size in whole blocks; raise ValueError when there is none."""
    head = read(0, _SUPERBLOCK)
    if len(head) < _SUPERBLOCK or not head.startswith(_MAGIC):
        raise ValueError("no squashfs")
    (used,) = _BYTES_USED.unpack_from(head, _BYTES_USED_AT)
    return -(-int(used) // BLOCK) * BLOCK


def salt(read: Read, size: int) -> bytes:
    """Return the salt that the builder chose for these bytes."""
    digest = hashlib.sha256()
    for chunk in _chunks(read, size):
        digest.update(chunk)
    return digest.digest()


def hash_tree(read: Read, size: int, salt: bytes) -> tuple[bytes, bytes]:
    """Return the root hash, and the tree as it must stand behind the data."""
    level = _level(
        (chunk[at : at + BLOCK] for chunk in _chunks(read, size) for at in range(0, len(chunk), BLOCK)), salt
    )
    levels = [level]
    while len(level) > BLOCK:
        level = _level((level[at : at + BLOCK] for at in range(0, len(level), BLOCK)), salt)
        levels.append(level)
    root = hashlib.sha256(salt + level).digest()
    return root, b"".join(reversed(levels))


def _level(blocks: Iterator[bytes], salt: bytes) -> bytes:
    """Return one level: the blocks' hashes, filled up to whole blocks."""
    start = hashlib.sha256(salt)
    digests = []
    for block in blocks:
        digest = start.copy()
        digest.update(block)
        digests.append(digest.digest())
    digests += [bytes(32)] * (-len(digests) % _PER_BLOCK)
    return b"".join(digests)


def _chunks(read: Read, size: int) -> Iterator[bytes]:
    at = 0
    while at < size:
        chunk = read(at, min(CHUNK, size - at))
        if not chunk:
            return
        yield chunk
        at += len(chunk)
