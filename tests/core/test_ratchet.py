"""F07: the two state slots: what is written is read, and a write torn at any byte loses only itself."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import ratchet
from hanare_core.problems import Code, Problem

NUMBERS = st.integers(min_value=0, max_value=2**53)


def written(area: bytes, generation: int, now_ms: int) -> bytes:
    """Return the area after a complete write."""
    change = ratchet.write(area, generation=generation, now_ms=now_ms)
    return area[: change.offset] + change.data + area[change.offset + len(change.data) :]


WRITTEN = bytes.fromhex(
    "484e52534c4f54310000000000000001000000000000000200000000000000034e4724d722c0baa30d69587d93f42fd8"
    "74c779fad3be33313a26e2c888548bca"
)


def test_the_layout_is_that_of_the_sticks_in_use() -> None:
    """A slot's bytes, its place and the area's size never change: sticks that were written are read for years."""
    state = ratchet.StickState(sequence=1, generation=2, last_good_ms=3)
    assert ratchet.encode(state) == WRITTEN
    assert ratchet.decode(WRITTEN) == state
    later = ratchet.encode(ratchet.StickState(2, 3, 4))
    area = later.ljust(4096, b"\0") + WRITTEN.ljust(4096, b"\0")
    assert (ratchet.read(area).sequence, ratchet.write(area, generation=9, now_ms=9).offset) == (2, 4096)
    assert len(ratchet.new_area(0)) == 8192


def test_a_slot_of_another_kind_is_none() -> None:
    """Bytes that are whole but begin otherwise are no slot of ours."""
    other = b"OTHERSL1" + WRITTEN[8:32]
    digest = hashlib.blake2b(other, digest_size=32, person=b"hanare/1/slot").digest()
    assert ratchet.decode(other + digest) is None


def test_a_new_area_starts_at_generation_zero() -> None:
    """A new stick has generation 0 and the time of its kitting."""
    state = ratchet.read(ratchet.new_area(1_000))
    assert (state.generation, state.last_good_ms) == (0, 1_000)
    assert len(ratchet.new_area(1_000)) == ratchet.AREA_BYTES


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_the_highest_values_ever_written_are_read(writes: list[tuple[int, int]]) -> None:
    """After any writes the area holds the highest generation and time; neither ever goes back."""
    area = ratchet.new_area(0)
    for generation, now_ms in writes:
        area = written(area, generation, now_ms)
    state = ratchet.read(area)
    assert state.generation == max(generation for generation, _ in writes)
    assert state.last_good_ms == max(now_ms for _, now_ms in writes)


@given(earlier=st.integers(0, 5), torn_at=st.integers(0, ratchet.SLOT_BYTES), rubbish=st.booleans())
def test_a_torn_write_loses_only_itself(earlier: int, torn_at: int, rubbish: bool) -> None:  # noqa: FBT001
    """A power cut at any byte leaves either the earlier state or the new one, also on an erased page."""
    area = ratchet.new_area(0)
    for generation in range(1, earlier + 1):
        area = written(area, generation, generation)
    change = ratchet.write(area, generation=earlier + 1, now_ms=99)
    end = change.offset + ratchet.SLOT_BYTES
    rest = b"\xff" * ratchet.SLOT_BYTES if rubbish else area[change.offset : end]
    slot = (change.data[:torn_at] + rest[min(torn_at, len(change.data)) :])[: ratchet.SLOT_BYTES]
    torn = area[: change.offset] + slot + area[end:]
    assert ratchet.read(torn).generation in {earlier, earlier + 1}
    assert ratchet.read(written(torn, earlier + 2, 100)).generation == earlier + 2


@given(st.binary(max_size=2 * ratchet.SLOT_BYTES))
def test_rubbish_is_never_a_state(area: bytes) -> None:
    """An area that was never written is refused, whatever it holds."""
    with pytest.raises(Problem) as caught:
        ratchet.read(area)
    assert caught.value.code is Code.INTERNAL


@given(written_sectors=st.sets(st.integers(0, ratchet.SLOT_BYTES // 512 - 1)), erased=st.booleans())
def test_sectors_may_arrive_in_any_order(written_sectors: set[int], erased: bool) -> None:  # noqa: FBT001
    """Whichever sectors of the slot had reached the medium when the power went, one of the two states is read."""
    area = ratchet.new_area(0)
    change = ratchet.write(area, generation=1, now_ms=99)
    whole = change.data.ljust(ratchet.SLOT_BYTES, b"\0")
    before = b"\xff" * ratchet.SLOT_BYTES if erased else area[change.offset : change.offset + ratchet.SLOT_BYTES]
    sectors = (
        (whole if number in written_sectors else before)[number * 512 : (number + 1) * 512]
        for number in range(ratchet.SLOT_BYTES // 512)
    )
    torn = area[: change.offset] + b"".join(sectors) + area[change.offset + ratchet.SLOT_BYTES :]
    assert ratchet.read(torn).generation == (1 if 0 in written_sectors else 0)
