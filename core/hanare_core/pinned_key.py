"""The pin of a certificate of which only the key is known, which has no date and no name: the gateway's carrier."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hanare_core import wire


def key_of(certificate: bytes) -> str:
    """Return the SHA-256 of a DER certificate's key (SubjectPublicKeyInfo) in base64url, as RFC 7469 pins it.

    Raises ValueError when it is no certificate.
    """
    public = x509.load_der_x509_certificate(certificate).public_key()
    return wire.key_text(hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())
