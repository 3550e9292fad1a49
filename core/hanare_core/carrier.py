"""Frames of the carrier: WireGuard datagrams as they travel inside TLS on TCP 443.

A frame is a length of two bytes in network order and that many bytes of datagram, nothing else; without I/O. What is
inside is WireGuard's own, so a frame is not trusted and needs no secret. A length of zero, or above DATAGRAM_BYTES, is
no frame of ours: FrameError, and the connection is over.
"""

import struct
from collections.abc import Iterator
from typing import Final

DATAGRAM_BYTES: Final = 1500
"""Longest datagram carried: an inner packet of 1280 bytes and WireGuard's 32 (+ 15 of padding) stay far below."""

SEGMENT_BYTES: Final = 1220
"""TCP segment size both ends ask for: IPv6's smallest MTU of 1280 less its 60 bytes of headers, for lines that lose
longer packets without a word."""

_LENGTH: Final = struct.Struct("!H")


class FrameError(ValueError):
    """The other end does not speak in our frames."""


def frame(datagram: bytes) -> bytes:
    """Return the datagram as a frame; raise FrameError when it is empty or too long."""
    if not 0 < len(datagram) <= DATAGRAM_BYTES:
        raise FrameError(f"{len(datagram)} bytes")
    return _LENGTH.pack(len(datagram)) + datagram


class Frames:
    """Takes a stream in whatever pieces it comes and gives whole datagrams; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the datagrams that are whole now; raise FrameError at the first length that cannot be."""
        stream = self._rest + data
        start, size = 0, len(stream)
        while size - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(stream, start)
            if not 0 < length <= DATAGRAM_BYTES:
                raise FrameError(f"{length} bytes")
            end = start + _LENGTH.size + length
            if end > size:
                break
            yield stream[start + _LENGTH.size : end]
            start = end
        self._rest = stream[start:]
