"""The OPRF against the vectors of RFC 9497, Appendix A.1.1, and against bad elements."""

import pysodium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanare_core import oprf
from hanare_core.problems import Code, Problem

SEED = bytes.fromhex("a3" * 32)
KEY_INFO = b"test key"
KEY = bytes.fromhex("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e")
BLIND = bytes.fromhex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706")
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

VECTORS = {
    "A.1.1.1": (
        "00",
        "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
        "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
        (
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ),
    ),
    "A.1.1.2": (
        "5a" * 17,
        "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
        "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
        (
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ),
    ),
}

NOT_ELEMENTS = {
    "identity": bytes(32),
    "non-canonical zero": (2**255 - 19).to_bytes(32, "little"),
    "field element over p": b"\xff" * 32,
    "negative": bytes([1]) + bytes(31),
    "identity with the high bit": bytes(31) + b"\x80",
    "element with the high bit": bytes.fromhex(VECTORS["A.1.1.1"][1])[:31] + b"\xbc",
    "no square root": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
    "short": b"\x02" * 31,
    "long": b"\x02" * 33,
    "empty": b"",
}


def test_key_of_the_vectors() -> None:
    """The key derived from the RFC's seed and info is the RFC's key; another info gives another."""
    assert oprf.derive_key(SEED, KEY_INFO) == KEY
    assert oprf.derive_key(SEED, b"") != KEY


def test_key_is_never_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derivation that gives zero is tried again with the next counter, and given up after 256 (RFC 9497 §3.2.1)."""
    zeros = [bytes(32)]
    reduce = pysodium.crypto_core_ristretto255_scalar_reduce
    monkeypatch.setattr(
        pysodium, "crypto_core_ristretto255_scalar_reduce", lambda data: zeros.pop() if zeros else reduce(data)
    )
    assert oprf.derive_key(SEED, KEY_INFO) not in {KEY, bytes(32)}
    zeros.extend([bytes(32)] * 256)
    with pytest.raises(ValueError, match="no key"):
        oprf.derive_key(SEED, KEY_INFO)


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_vectors(vector: tuple[str, str, str, str]) -> None:
    """Blinding, evaluation and output are those of the RFC."""
    pin, element, evaluation, output = (bytes.fromhex(part) for part in vector)
    assert oprf.blind_with(pin, BLIND) == element
    assert oprf.evaluate(KEY, element) == evaluation
    assert oprf.finalize(pin, BLIND, evaluation) == output


@settings(deadline=None, max_examples=40)
@given(pin=st.binary(max_size=100), other=st.binary(max_size=100))
def test_output_depends_on_pin_and_key_alone(pin: bytes, other: bytes) -> None:
    """Fresh blinds hide the PIN and change nothing in the output; another PIN or key changes it."""
    key = oprf.random_key()
    (blind_one, one), (blind_two, two) = oprf.blind(pin), oprf.blind(pin)
    output = oprf.finalize(pin, blind_one, oprf.evaluate(key, one))
    assert one != two
    assert len(output) == oprf.OUTPUT_BYTES
    assert oprf.finalize(pin, blind_two, oprf.evaluate(key, two)) == output
    assert oprf.finalize(pin, blind_one, oprf.evaluate(oprf.random_key(), one)) != output
    if other != pin:
        blind_other, element = oprf.blind(other)
        assert oprf.finalize(other, blind_other, oprf.evaluate(key, element)) != output


@pytest.mark.parametrize("element", NOT_ELEMENTS.values(), ids=NOT_ELEMENTS.keys())
def test_not_an_element(element: bytes) -> None:
    """Identity, non-canonical encodings and wrong sizes are no elements, and are neither evaluated nor unblinded."""
    with pytest.raises(Problem) as refused:
        oprf.check_element(element)
    assert refused.value.code is Code.MALFORMED
    with pytest.raises(Problem) as refused:
        oprf.evaluate(KEY, element)
    assert refused.value.code is Code.MALFORMED
    with pytest.raises(Problem) as refused:
        oprf.finalize(b"pin", BLIND, element)
    assert refused.value.code is Code.MALFORMED


@pytest.mark.parametrize("scalar", [bytes(32), GROUP_ORDER.to_bytes(32, "little"), b"", b"\x01" * 31])
def test_not_a_scalar(scalar: bytes) -> None:
    """A scalar that is zero in the group or of a wrong size is refused."""
    with pytest.raises(Problem) as refused:
        oprf.blind_with(b"pin", scalar)
    assert refused.value.code is Code.MALFORMED
    with pytest.raises(Problem) as refused:
        oprf.finalize(b"pin", scalar, oprf.blind(b"pin")[1])
    assert refused.value.code is Code.MALFORMED


def test_bounds() -> None:
    """A seed of another size and an input of over 65,535 bytes are refused; the longest input is taken."""
    with pytest.raises(ValueError, match="32 bytes"):
        oprf.derive_key(b"short", b"")
    scalar, element = oprf.blind(b"pin")
    assert oprf.finalize(bytes(65_535), scalar, oprf.evaluate(KEY, element))
    with pytest.raises(Problem) as refused:
        oprf.finalize(bytes(65_536), scalar, oprf.evaluate(KEY, element))
    assert refused.value.code is Code.TOO_LARGE
