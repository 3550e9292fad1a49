"""Signed statements: `base64url(body) "." base64url(Ed25519 signature)`.

The signature covers a domain line with the statement's kind and then the exact body bytes, so that a statement of
one kind never passes as another, and no canonical form of JSON is needed: what was signed is what is parsed, and only
after the signature held. There is one verify function and no special case (RFC 8032 by libsodium).
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from hanare_core import wire
from hanare_core.problems import Code, Problem

_KEYS: Final = 1_024
"""Public keys whose bytes are remembered: a gateway verifies twenty thousand statements by two."""

T = TypeVar("T", bound=msgspec.Struct)


class Kind(StrEnum):
    """What a statement says; part of what is signed."""

    AUDIT_CHECKPOINT = "audit-checkpoint"
    STICK_CERTIFICATE = "stick-certificate"
    TICKET = "ticket"
    HELLO_ANSWER = "hello-answer"
    BEGIN = "begin"
    FINISH_USER = "finish-user"
    FINISH_STICK = "finish-stick"
    CONFIRM = "confirm"
    END = "end"
    FIRST_PIN_BEGIN = "first-pin-begin"
    FIRST_PIN_USER = "first-pin-user"
    FIRST_PIN_STICK = "first-pin-stick"
    CHANGE_PIN_USER = "change-pin-user"
    CHANGE_PIN_STICK = "change-pin-stick"
    NEW_PIN_USER = "new-pin-user"
    NEW_PIN_STICK = "new-pin-stick"
    PROVE_USER = "prove-user"
    PROVE_STICK = "prove-stick"
    REGISTER = "register"
    RENEW = "renew"
    RENEWED = "renewed"
    GATEWAY_LIST = "gateway-list"
    CHANNEL_GATEWAY = "channel-gateway"
    CHANNEL_STICK = "channel-stick"
    LIVE_TOKEN = "live-token"
    DIAGNOSTICS = "diagnostics"


def sign(kind: Kind, statement: msgspec.Struct, key: SigningKey) -> str:
    """Return the statement as signed text."""
    body = wire.encode(statement)
    signature = key.sign(_domain(kind) + body).signature
    return f"{wire.key_text(body)}.{wire.key_text(signature)}"


def verify(kind: Kind, text: str, public_key: str, shape: type[T]) -> T:
    """Return the statement if public_key signed exactly it as this kind.

    public_key: base64url. Raises Problem(NOT_AUTHENTIC) for a wrong signature or key, Problem(MALFORMED or TOO_LARGE)
    for a text or body that is not of the shape.
    """
    body_text, _, signature_text = text.partition(".")
    body, signature = wire.key_bytes(body_text), wire.key_bytes(signature_text)
    try:
        _verify_key(public_key).verify(_domain(kind) + body, signature)
    except (BadSignatureError, ValueError, TypeError) as error:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": kind.value}) from error
    return wire.decode(body, shape)


def unverified(text: str, shape: type[T]) -> T:
    """Return the body of a statement before its signature is known to hold: only to learn which key to verify with."""
    return wire.decode(wire.key_bytes(text.partition(".")[0]), shape)


def public_text(key: SigningKey) -> str:
    """Return the public half of an Ed25519 key as base64url."""
    return wire.key_text(bytes(key.verify_key))


@lru_cache(maxsize=_KEYS)
def _verify_key(public_key: str) -> VerifyKey:
    return VerifyKey(wire.key_bytes(public_key))


def _domain(kind: Kind) -> bytes:
    return f"hanare/{wire.PROTOCOL_VERSION}/{kind.value}\n".encode("ascii")
