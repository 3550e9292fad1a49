"""Elements of a set as nf_tables writes them in its netlink messages (linux/netfilter/nf_tables.h).

Netlink attributes are type-length-value, lengths in the host's order, values in network order. The kernel writes every
element of the allow set alike, 136 bytes of which only the values differ; so a whole message is unpacked at once, which
is ten times as fast as walking it. Each element's skeleton (all that is no value) is compared with what this file
expects; a message with one that is different is walked attribute by attribute, and says the same.
"""

import ipaddress
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from hanare_core.kernel import Element

KNOWN: Final = 32_768
"""Keys whose text is remembered: three times what one gateway carries; some 5 MB."""

LIST_TABLE, LIST_SET, LIST_ELEMENTS = 1, 2, 3
"""NFTA_SET_ELEM_LIST_*: attributes of a message that tells elements."""

_HEADER: Final = struct.Struct("=HH")
_TYPE_MASK: Final = 0x3FFF
_KEY: Final = struct.Struct("!4s4sH2x")
_LIST_ENTRY = 1
_ELEMENT_KEY, _ELEMENT_EXPRESSIONS = 1, 11
_DATA_VALUE = 1
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_COUNTER_BYTES, _COUNTER_PACKETS = 1, 2
_LAST_SET, _LAST_MS = 1, 2


class Told(NamedTuple):
    """What a message says of one element: its key as it stands there, and its counters."""

    key: bytes
    packets: int
    unused_ms: int | None
    """Since its last packet; None: none came."""


def told(entries: bytes) -> list[Told]:
    """Return the elements of one LIST_ELEMENTS attribute."""
    if len(entries) % _WHOLE.size == 0:
        found = [
            Told(key, packets, unused_ms if used else None)
            for s0, key, s1, s2, packets, s3, used, s4, unused_ms in _WHOLE.iter_unpack(entries)
            if (s0, s1, s2, s3, s4) == _SKELETON
        ]
        if len(found) * _WHOLE.size == len(entries):
            return found
    return [_walked(dict(attributes(entry))) for _, entry in attributes(entries)]


@lru_cache(maxsize=KNOWN)
def element(key: bytes) -> Element:
    """Return the element of the allow set that has this key."""
    source, target, port = _KEY.unpack(key)
    return Element(str(ipaddress.IPv4Address(source)), str(ipaddress.IPv4Address(target)), port)


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Return types and values of a sequence of attributes."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind = _HEADER.unpack_from(data, offset)
        yield kind & _TYPE_MASK, data[offset + _HEADER.size : offset + length]
        offset += max(aligned(length), _HEADER.size)


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded."""
    return _header(kind, len(value)) + value.ljust(aligned(len(value)), b"\0")


def aligned(length: int) -> int:
    """Return the length with its padding to four bytes."""
    return (length + 3) & ~3


def _walked(parts: dict[int, bytes]) -> Told:
    counted: dict[bytes, dict[int, bytes]] = {}
    for _, nested in attributes(parts.get(_ELEMENT_EXPRESSIONS, b"")):
        expression = dict(attributes(nested))
        counted[expression[_EXPRESSION_NAME]] = dict(attributes(expression[_EXPRESSION_DATA]))
    packets = int.from_bytes(counted.get(b"counter\0", {}).get(_COUNTER_PACKETS, b""), "big")
    last = counted.get(b"last\0", {})
    used = int.from_bytes(last.get(_LAST_SET, b""), "big") != 0
    unused_ms = int.from_bytes(last.get(_LAST_MS, b""), "big") if used else None
    return Told(dict(attributes(parts[_ELEMENT_KEY]))[_DATA_VALUE], packets, unused_ms)


def _header(kind: int, value_bytes: int) -> bytes:
    return _HEADER.pack(_HEADER.size + value_bytes, kind)


_COUNTER_NAME: Final = attribute(_EXPRESSION_NAME, b"counter\0")
_LAST_NAME: Final = attribute(_EXPRESSION_NAME, b"last\0")
_TIMES_BYTES: Final = 24
"""Timeout and expiration, which end an element."""

_COUNTER_BYTES_ALL: Final = len(_COUNTER_NAME) + 4 + 24
_LAST_BYTES_ALL: Final = len(_LAST_NAME) + 4 + 20
_EXPRESSIONS_BYTES: Final = 4 + _COUNTER_BYTES_ALL + 4 + _LAST_BYTES_ALL
_SKELETON: Final = (
    _header(_LIST_ENTRY, 4 + 4 + _KEY.size + 4 + _EXPRESSIONS_BYTES + _TIMES_BYTES)
    + _header(_ELEMENT_KEY, 4 + _KEY.size)
    + _header(_DATA_VALUE, _KEY.size),
    _header(_ELEMENT_EXPRESSIONS, _EXPRESSIONS_BYTES)
    + _header(_LIST_ENTRY, _COUNTER_BYTES_ALL)
    + _COUNTER_NAME
    + _header(_EXPRESSION_DATA, 24)
    + _header(_COUNTER_BYTES, 8),
    _header(_COUNTER_PACKETS, 8),
    _header(_LIST_ENTRY, _LAST_BYTES_ALL) + _LAST_NAME + _header(_EXPRESSION_DATA, 20) + _header(_LAST_SET, 4),
    _header(_LAST_MS, 8),
)
_S0, _S1, _S2, _S3, _S4 = map(len, _SKELETON)
_WHOLE: Final = struct.Struct(f"!{_S0}s{_KEY.size}s{_S1}s8x{_S2}sQ{_S3}sI{_S4}sQ{_TIMES_BYTES}x")
