"""Frames of the carrier: what goes in comes out, in whatever pieces, and what is no frame ends the stream."""

import random
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanare_core.carrier import (
    DATAGRAM_BYTES,
    GROUP,
    UDP_GRO,
    Ancillary,
    FrameError,
    Frames,
    frame,
    grouped,
    parted,
)
from tests.figures import figure

MOST_OF_UDP = 65_507
"""What UDP over IPv4 carries."""

_DATAGRAMS = st.lists(st.binary(min_size=1, max_size=DATAGRAM_BYTES), max_size=8)


@settings(deadline=None)
@given(datagrams=_DATAGRAMS, cuts=st.lists(st.integers(1, 700), min_size=1, max_size=40))
def test_datagrams_survive_any_cutting(datagrams: list[bytes], cuts: list[int]) -> None:
    """Datagrams come out whole and in order however the stream is cut."""
    stream = b"".join(map(frame, datagrams))
    frames, found, position = Frames(), [], 0
    while position < len(stream):
        step = cuts[len(found) % len(cuts)]
        found += frames.feed(stream[position : position + step])
        position += step
    assert found == datagrams


@pytest.mark.parametrize("size", [0, DATAGRAM_BYTES + 1])
def test_a_datagram_that_cannot_be_is_refused(size: int) -> None:
    """Neither an empty nor a too long datagram becomes a frame."""
    with pytest.raises(FrameError):
        frame(bytes(size))


@pytest.mark.parametrize("start", [b"\x00\x00", b"\x05\xdd", b"\xff\xff", b"GET / HTTP/1.1\r\n"])
def test_a_length_that_cannot_be_ends_the_stream(start: bytes) -> None:
    """A length of zero or above the longest datagram is an error, before anything of it is kept."""
    with pytest.raises(FrameError):
        list(Frames().feed(start))


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=3000), max_size=12))
def test_junk_never_makes_more_than_an_unfinished_frame(pieces: list[bytes]) -> None:
    """Whatever comes, the parser gives bounded datagrams, refuses, or waits with at most one unfinished frame."""
    frames = Frames()
    try:
        for piece in pieces:
            assert all(0 < len(datagram) <= DATAGRAM_BYTES for datagram in frames.feed(piece))
            assert len(frames._rest) <= DATAGRAM_BYTES + 2
    except FrameError:
        return


@pytest.mark.soak
def test_the_parser_survives_broken_streams() -> None:
    """Whole frames with bytes changed, cut and mixed, 200,000 times: bounded datagrams, or FrameError."""
    source = random.Random(1)  # noqa: S311 - a repeatable fuzz, no secret
    refused = 0
    for _ in range(200_000):
        stream = bytearray(b"".join(frame(source.randbytes(source.randint(1, 200))) for _ in range(3)))
        for _ in range(source.randint(0, 4)):
            stream[source.randrange(len(stream))] = source.randrange(256)
        cut = source.randrange(len(stream))
        frames = Frames()
        try:
            found = [*frames.feed(bytes(stream[:cut])), *frames.feed(bytes(stream[cut:]))]
        except FrameError:
            refused += 1
            continue
        assert sum(map(len, found)) + 2 * len(found) + len(frames._rest) == len(stream)
    figure("streams_refused", refused, "")


@settings(deadline=None)
@given(sizes=st.lists(st.sampled_from([1, 32, 148, 1312, 1344, DATAGRAM_BYTES]), max_size=120))
def test_joined_datagrams_are_what_the_kernel_cuts_them_into(sizes: list[int]) -> None:
    """Cut as udp(7) says, the joined messages are the same datagrams in the same order, none too long for UDP."""
    datagrams = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    messages = list(grouped(datagrams))
    assert all(len(data) <= MOST_OF_UDP for data, _ in messages)
    assert [one for message in messages for one in _cut(*message)] == datagrams


def test_long_datagrams_of_one_length_go_as_one_message() -> None:
    """Forty of WireGuard's longest cost one call; a shorter one may end the message."""
    assert len(list(grouped([bytes(1344)] * GROUP))) == 1
    assert len(list(grouped([bytes(1344), bytes(32), bytes(1344)]))) == 2


def test_what_the_kernel_joined_is_parted() -> None:
    """With the kernel's word of a length its message is as many datagrams, the last perhaps shorter; else one."""
    joined = [(socket.IPPROTO_UDP, UDP_GRO, struct.pack("=i", 4))]
    assert parted(b"aaaabbbbcc", joined) == [b"aaaa", b"bbbb", b"cc"]
    assert parted(b"aaaabbbbcc", []) == [b"aaaabbbbcc"]


def _cut(data: bytes, ancillary: Ancillary) -> list[bytes]:
    if not ancillary:
        return [data]
    ((level, kind, said),) = ancillary
    assert (level, kind) == (socket.IPPROTO_UDP, 103)  # UDP_SEGMENT
    (size,) = struct.unpack("=H", said)
    return [data[start : start + size] for start in range(0, len(data), size)]
