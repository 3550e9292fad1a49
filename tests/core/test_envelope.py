"""The envelope of the user's signing seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import envelope, wire
from hanare_core.problems import Code, Problem

SEED = bytes(range(32))
OUTPUT = bytes(range(64))


def test_opens_with_the_same_output() -> None:
    """What was sealed opens under the same OPRF output, and twice sealed never looks alike."""
    one, two = envelope.seal(SEED, OUTPUT), envelope.seal(SEED, OUTPUT)
    assert one != two
    assert envelope.open_envelope(one, OUTPUT) == SEED
    assert len(wire.key_bytes(one)) == envelope.ENVELOPE_BYTES


def test_wrong_pin() -> None:
    """Another OPRF output, and a stand-in under any, open nothing: sign-in failed."""
    for text, output in (
        (envelope.seal(SEED, OUTPUT), bytes(64)),
        (envelope.stand_in("x-1", b"k" * 32), OUTPUT),
    ):
        with pytest.raises(Problem) as refused:
            envelope.open_envelope(text, output)
        assert refused.value.code is Code.SIGN_IN_FAILED


@pytest.mark.parametrize("place", [1, 20, 50, 88])
def test_altered(place: int) -> None:
    """A changed byte of salt, nonce or body opens nothing."""
    data = bytearray(wire.key_bytes(envelope.seal(SEED, OUTPUT)))
    data[place] ^= 1
    with pytest.raises(Problem) as refused:
        envelope.open_envelope(wire.key_text(bytes(data)), OUTPUT)
    assert refused.value.code is Code.SIGN_IN_FAILED


@given(st.binary(max_size=200).filter(lambda data: len(data) != envelope.ENVELOPE_BYTES or data[0] != 1))
def test_no_envelope(data: bytes) -> None:
    """A text of another size or version is malformed, before any Argon2id."""
    with pytest.raises(Problem) as refused:
        envelope.open_envelope(wire.key_text(data), OUTPUT)
    assert refused.value.code is Code.MALFORMED


def test_stand_in_looks_like_one() -> None:
    """A stand-in has the length and version of an envelope, is stable, and differs by user and secret."""
    real, stand_in = envelope.seal(SEED, OUTPUT), envelope.stand_in("x-1", b"k" * 32)
    assert (len(stand_in), stand_in[0]) == (len(real), real[0])
    assert stand_in == envelope.stand_in("x-1", b"k" * 32)
    assert len({stand_in, envelope.stand_in("x-2", b"k" * 32), envelope.stand_in("x-1", b"l" * 32)}) == 3


def test_seed_size() -> None:
    """A seed of another size is a mistake of the caller."""
    with pytest.raises(ValueError, match="32 bytes"):
        envelope.seal(b"short", OUTPUT)
