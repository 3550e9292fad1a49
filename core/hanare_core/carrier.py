"""Frames of the carrier: WireGuard datagrams as they travel inside TLS on TCP 443.

A frame is a length of two bytes in network order and that many bytes of datagram, nothing else; without I/O. What is
inside is WireGuard's own, so a frame is not trusted and needs no secret. A length of zero, or above DATAGRAM_BYTES, is
no frame of ours: FrameError, and the connection is over.
"""

import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

DATAGRAM_BYTES: Final = 1500
"""Longest datagram carried: an inner packet of 1280 bytes and WireGuard's 32 (+ 15 of padding) stay far below."""

SEGMENT_BYTES: Final = 1220
"""TCP segment size both ends ask for: IPv6's smallest MTU of 1280 less its 60 bytes of headers, for lines that lose
longer packets without a word."""

GROUP: Final = 40
"""Datagrams handed to the kernel at once: of DATAGRAM_BYTES each they fit into one UDP message of 65,507 bytes."""

RECEIVE_BYTES: Final = 1 << 16
UDP_GRO: Final = 104
"""Socket option and ancillary word of udp(7): datagrams of one length come joined, with that length."""
ANCILLARY_BYTES: Final = socket.CMSG_SPACE(4)

_UDP_SEGMENT: Final = 103
"""Ancillary word of udp(7): the kernel cuts a message into datagrams of this length (the last may be shorter)."""
_SEGMENT: Final = struct.Struct("=H")
_SIZE: Final = struct.Struct("=i")
_LENGTH: Final = struct.Struct("!H")

Ancillary = Sequence[tuple[int, int, bytes]]


class FrameError(ValueError):
    """The other end does not speak in our frames."""


def frame(datagram: bytes) -> bytes:
    """Return the datagram as a frame; raise FrameError when it is empty or too long."""
    if not 0 < len(datagram) <= DATAGRAM_BYTES:
        raise FrameError(f"{len(datagram)} bytes")
    return _LENGTH.pack(len(datagram)) + datagram


def grouped(datagrams: Iterable[bytes]) -> Iterator[tuple[bytes, Ancillary]]:
    """Give the datagrams in order, runs of one length joined, each with what sendmsg(2) has to be told of it.

    A datagram costs the kernel and Python some 10 µs, a run of them hardly more.
    """
    run: list[bytes] = []
    for datagram in datagrams:
        if run and (len(datagram) > len(run[0]) or len(run[-1]) < len(run[0]) or len(run) == GROUP):
            yield _joined(run)
            run = []
        run.append(datagram)
    if run:
        yield _joined(run)


def parted(data: bytes, ancillary: Ancillary) -> list[bytes]:
    """Return the datagrams that recvmsg(2) gave joined, or the one that it gave."""
    for level, kind, said in ancillary:
        if (level, kind) == (socket.IPPROTO_UDP, UDP_GRO):
            (size,) = _SIZE.unpack_from(said)
            return [data[start : start + size] for start in range(0, len(data), size)]
    return [data]


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


def _joined(run: list[bytes]) -> tuple[bytes, Ancillary]:
    if len(run) == 1:
        return run[0], ()
    return b"".join(run), ((socket.IPPROTO_UDP, _UDP_SEGMENT, _SEGMENT.pack(len(run[0]))),)
