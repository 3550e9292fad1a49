"""Elements of the allow set in netlink's words: the quick way and the thorough one read the same."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from hanare_core.kernel import Element
from hanare_gateway.elements import Told, attribute, element, told

COUNTS = st.tuples(st.integers(0, 2**63), st.none() | st.integers(0, 2**40))
KEY = struct.Struct("!4B4BH2x")


def written(key: bytes, packets: int, unused_ms: int | None, *more: bytes) -> bytes:
    """Return an element as the kernel writes it."""
    counter = attribute(1, bytes(8)) + attribute(2, packets.to_bytes(8, "big"))
    last = attribute(1, int(unused_ms is not None).to_bytes(4, "big")) + attribute(
        2, (unused_ms or 0).to_bytes(8, "big")
    )
    named = ((b"counter\0", counter), (b"last\0", last))
    expressions = b"".join(attribute(1, attribute(1, name) + attribute(2, data)) for name, data in named)
    times = attribute(4, bytes(8)) + attribute(5, bytes(8))
    return attribute(1, attribute(1, attribute(1, key)) + attribute(11, expressions) + times + b"".join(more))


def keyed(number: int) -> bytes:
    """Return the key of a session's element."""
    return KEY.pack(100, 64, number // 256, number % 256, 10, 20, 0, 101, 3389)


@given(st.lists(COUNTS, max_size=8))
def test_both_ways_read_the_same(counts: list[tuple[int, int | None]]) -> None:
    """A flag that one kernel may add makes the message another shape, and changes nothing that is read."""
    expected = [Told(keyed(number), *count) for number, count in enumerate(counts)]
    plain = [written(keyed(number), *count) for number, count in enumerate(counts)]
    flagged = [written(keyed(number), *count, attribute(3, bytes(4))) for number, count in enumerate(counts)]
    assert told(b"".join(plain)) == expected
    assert told(b"".join(flagged)) == expected
    assert told(b"".join(plain[:1] + flagged[1:])) == expected


def test_shapes_whose_sizes_agree_by_chance() -> None:
    """Elements of another shape whose sum is a multiple of the usual size are walked."""
    other = [attribute(1, attribute(1, attribute(1, bytes(8))))] * 34
    assert len(b"".join(other)) % len(written(keyed(1), 0, None)) == 0
    assert [one.key for one in told(b"".join(other))] == [bytes(8)] * 34


def test_a_key_is_an_element() -> None:
    """Source, target and port, each in four bytes."""
    assert element(keyed(258)) == Element("100.64.1.2", "10.20.0.101", 3389)
