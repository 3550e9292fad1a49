"""The stick's certificate: the offline CA's word that a stick was written by this organisation's kitting station.

keyd and every gateway verify it themselves, so that neither console nor hub can let in a stick that the CA never saw.
"""

from functools import lru_cache
from typing import Final

from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind

KNOWN: Final = 16_384
"""Certificates whose signature is remembered: a gateway checks each for its door and for every session; some 15 MB."""


class StickCertificate(wire.Message, frozen=True):
    """What the CA signs for one stick; times in Unix milliseconds."""

    organisation: wire.Id
    stick: wire.Id
    identity_key: wire.Key
    """Ed25519 public key that signs the stick's requests."""
    door_key: wire.Key
    """X25519 public key of the stick's door tunnel."""
    not_before_ms: wire.Milliseconds
    not_after_ms: wire.Milliseconds


def issue(certificate: StickCertificate, ca_key: SigningKey) -> str:
    """Return the certificate signed by the organisation's CA key."""
    return signed.sign(Kind.STICK_CERTIFICATE, certificate, ca_key)


def verify(text: str, ca_public_key: str, *, organisation: str, now_ms: int) -> StickCertificate:
    """Return the certificate if the CA signed it for this organisation and it is valid now.

    Raises Problem(NOT_AUTHENTIC) for another signer or organisation, Problem(CERTIFICATE_EXPIRED) outside its time.
    """
    certificate = _signed(text, ca_public_key)
    if certificate.organisation != organisation:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.STICK_CERTIFICATE.value})
    if not certificate.not_before_ms <= now_ms < certificate.not_after_ms:
        raise Problem(Code.CERTIFICATE_EXPIRED)
    return certificate


@lru_cache(maxsize=KNOWN)
def _signed(text: str, ca_public_key: str) -> StickCertificate:
    """Return what the CA signed: a signature that once held always does; only its time runs out."""
    return signed.verify(Kind.STICK_CERTIFICATE, text, ca_public_key, StickCertificate)
