"""Security keys, verified here: what was enrolled, and each touch (WebAuthn Level 2, §7.1 and §7.2).

Checked are ceremony, challenge, origin, relying party, presence, the signature, and that the key's counter rises where
it has one: a counter that stands still belongs to a copied key. No attestation is asked for: the one-time code vouches.
python-fido2 is imported at the first use, so that an office without security keys need not have it.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanare_core import security_key, wire
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration

if TYPE_CHECKING:
    from fido2.webauthn import AuthenticatorData

_RP_ID_HASH: Final = hashlib.sha256(security_key.RP_ID.encode("ascii")).digest()


@dataclass(frozen=True)
class Credential:
    """An enrolled key: its attested credential data (WebAuthn §6.5.1) and the last counter that it showed."""

    data: bytes
    counter: int

    @property
    def id(self) -> str:
        """The credential id, base64url."""
        from fido2.webauthn import AttestedCredentialData  # noqa: PLC0415

        return wire.key_text(AttestedCredentialData(self.data).credential_id)


def enrolled(registration: Registration, nonce: str) -> Credential:
    """Return the new credential. Raises Problem(FACTOR_WANTED) unless it was made for us in this attempt."""
    try:
        return _enrolled(registration, nonce)
    except Exception as error:
        # The library's parsers raise many kinds; none of them is a proof.
        raise Problem(Code.FACTOR_WANTED) from error


def touched(credential: Credential, assertion: Assertion, nonce: str) -> Credential:
    """Return the credential with its new counter. Raises Problem(FACTOR_WANTED) unless it signed for this attempt."""
    try:
        return _touched(credential, assertion, nonce)
    except Exception as error:
        raise Problem(Code.FACTOR_WANTED) from error


def _enrolled(registration: Registration, nonce: str) -> Credential:
    _check_client_data(wire.key_bytes(registration.client_data), Ceremony.CREATE, nonce)
    made = _present(wire.key_bytes(registration.authenticator_data))
    if made.credential_data is None or len(made.credential_data.credential_id) > security_key.CREDENTIAL_BYTES:
        raise Problem(Code.FACTOR_WANTED)
    return Credential(bytes(made.credential_data), made.counter)


def _touched(credential: Credential, assertion: Assertion, nonce: str) -> Credential:
    from fido2.webauthn import AttestedCredentialData  # noqa: PLC0415

    own = AttestedCredentialData(credential.data)
    client_data, shown = wire.key_bytes(assertion.client_data), wire.key_bytes(assertion.authenticator_data)
    _check_client_data(client_data, Ceremony.GET, nonce)
    seen = _present(shown)
    same = hmac.compare_digest(own.credential_id, wire.key_bytes(assertion.credential))
    counts = credential.counter > 0
    if not same or (counts and seen.counter <= credential.counter):
        raise Problem(Code.FACTOR_WANTED)
    own.public_key.verify(shown + hashlib.sha256(client_data).digest(), wire.key_bytes(assertion.signature))
    return Credential(credential.data, seen.counter)


def _check_client_data(data: bytes, ceremony: Ceremony, nonce: str) -> None:
    from fido2.webauthn import CollectedClientData  # noqa: PLC0415

    seen = CollectedClientData(data)
    right = seen.type == ceremony.value and seen.origin == security_key.ORIGIN and not seen.cross_origin
    if not right or wire.key_text(seen.challenge) != security_key.challenge(nonce):
        raise Problem(Code.FACTOR_WANTED)


def _present(data: bytes) -> "AuthenticatorData":
    from fido2.webauthn import AuthenticatorData  # noqa: PLC0415

    seen = AuthenticatorData(data)
    if seen.rp_id_hash != _RP_ID_HASH or not seen.is_user_present():
        raise Problem(Code.FACTOR_WANTED)
    return seen
