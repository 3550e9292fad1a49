"""OPRF of RFC 9497, mode 0x00 (OPRF), ciphersuite ristretto255-SHA512, over libsodium.

The stick blinds the PIN, keyd evaluates the blinded element under the user's key without learning the PIN, the stick
unblinds: one evaluation, one guess. Elements are 32 bytes in the encoding of RFC 9496 §4.3, scalars 32 bytes little
endian. Limits: Python's bytes cannot be overwritten, so scalars and outputs stay in memory until they are collected;
libsodium's own work is constant-time.
"""

import hashlib
from typing import Final

import pysodium

from hanare_core.problems import Code, Problem

ELEMENT_BYTES: Final = 32
"""Ne and Ns of the ciphersuite (RFC 9497 §4.1): elements and scalars."""

OUTPUT_BYTES: Final = 64
"""Nh of the ciphersuite: the output is one SHA-512."""

INPUT_BYTES: Final = 0xFFFF
"""Longest input: its length is written in two bytes (RFC 9497 §1.2)."""

_CONTEXT: Final = b"OPRFV1-" + b"\x00" + b"-ristretto255-SHA512"
_IDENTITY: Final = bytes(ELEMENT_BYTES)
_HIGH_BIT: Final = 0x80
_UNIFORM_BYTES: Final = 64
_SHA512_BLOCK_BYTES: Final = 128
_DERIVE_TRIES: Final = 256


def blind(pin: bytes) -> tuple[bytes, bytes]:
    """Return (blind, element): a fresh random scalar to keep and the blinded PIN to send (RFC 9497 §3.3.1)."""
    scalar: bytes = pysodium.crypto_core_ristretto255_scalar_random()
    return scalar, blind_with(pin, scalar)


def blind_with(pin: bytes, scalar: bytes) -> bytes:
    """Return the blinded PIN under this scalar. Raises Problem(MALFORMED) for a scalar of zero or a wrong size."""
    return _multiply(scalar, hash_to_group(pin))


def evaluate(key: bytes, element: bytes) -> bytes:
    """Return the evaluation of a blinded element under the key (RFC 9497 §3.3.1, BlindEvaluate).

    Raises Problem(MALFORMED) for the identity, a non-canonical encoding or a wrong size; then nothing was evaluated.
    """
    check_element(element)
    return _multiply(key, element)


def finalize(pin: bytes, scalar: bytes, evaluation: bytes) -> bytes:
    """Return the 64 bytes of OPRF output of the PIN (RFC 9497 §3.3.1, Finalize).

    Raises Problem(MALFORMED) when the evaluation is no valid element or the scalar is none.
    """
    check_element(evaluation)
    try:
        inverse = pysodium.crypto_core_ristretto255_scalar_invert(scalar)
    except ValueError as error:
        raise Problem(Code.MALFORMED, detail={"path": "blind"}) from error
    unblinded = _multiply(inverse, evaluation)
    return hashlib.sha512(_with_length(pin) + _with_length(unblinded) + b"Finalize").digest()


def derive_key(seed: bytes, info: bytes) -> bytes:
    """Return the OPRF key of a 32-byte secret seed and a public info (RFC 9497 §3.2.1, DeriveKeyPair)."""
    if len(seed) != ELEMENT_BYTES:
        raise ValueError(f"seed must be {ELEMENT_BYTES} bytes")
    derive_input = seed + _with_length(info)
    for counter in range(_DERIVE_TRIES):
        uniform = _expand(derive_input + bytes([counter]), b"DeriveKeyPair" + _CONTEXT)
        key: bytes = pysodium.crypto_core_ristretto255_scalar_reduce(uniform)
        if key != _IDENTITY:
            return key
    raise ValueError("no key derives from this seed")


def random_key() -> bytes:
    """Return a fresh OPRF key (RFC 9497 §3.2, GenerateKeyPair)."""
    key: bytes = pysodium.crypto_core_ristretto255_scalar_random()
    return key


def hash_to_group(data: bytes) -> bytes:
    """Return data hashed to a ristretto255 element (RFC 9497 §4.1, HashToGroup)."""
    element: bytes = pysodium.crypto_core_ristretto255_from_hash(_expand(data, b"HashToGroup-" + _CONTEXT))
    return element


def check_element(element: bytes) -> None:
    """Raise Problem(MALFORMED) unless element is a canonical encoding of an element other than the identity."""
    sized = len(element) == ELEMENT_BYTES and element != _IDENTITY
    # libsodium 1.0.18 overlooks the highest bit, which RFC 9496 §4.3.1 wants to be zero.
    if not (sized and element[-1] < _HIGH_BIT and pysodium.crypto_core_ristretto255_is_valid_point(element)):
        raise Problem(Code.MALFORMED, detail={"path": "element"})


def _multiply(scalar: bytes, element: bytes) -> bytes:
    try:
        product: bytes = pysodium.crypto_scalarmult_ristretto255(scalar, element)
    except ValueError as error:
        raise Problem(Code.MALFORMED, detail={"path": "element"}) from error
    return product


def _with_length(data: bytes) -> bytes:
    if len(data) > INPUT_BYTES:
        raise Problem(Code.TOO_LARGE, detail={"limit_bytes": str(INPUT_BYTES)})
    return len(data).to_bytes(2, "big") + data


def _expand(data: bytes, domain: bytes) -> bytes:
    """Return 64 uniform bytes: expand_message_xmd (RFC 9380 §5.3.1) with SHA-512, of which one block is enough."""
    suffix = domain + bytes([len(domain)])
    message = bytes(_SHA512_BLOCK_BYTES) + data + _UNIFORM_BYTES.to_bytes(2, "big") + b"\x00" + suffix
    first = hashlib.sha512(message).digest()
    return hashlib.sha512(first + b"\x01" + suffix).digest()
