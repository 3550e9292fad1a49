"""The frame of every message of ours: strict JSON into frozen structs, and back.

A message is one JSON object (RFC 8259) in UTF-8. Decoding is closed: an unknown field, a wrong type, a value
out of its bounds or a message over its size is refused with a Problem that names the path, and nothing of it is
used. Numbers are integers; times are Unix milliseconds unless the field says otherwise.
"""

import binascii
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, overload

import msgspec

from hanare_core.problems import Code, Problem

PROTOCOL_VERSION: Final = 1

MESSAGE_BYTES: Final = 64 * 1024
"""Largest single message, bytes: a begin with certificate is under 2 KiB; the rest is margin."""

BULK_BYTES: Final = 1024 * 1024
"""Largest part of a snapshot, bytes: about 500 leases; bounds what a receiver must hold at once."""

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
"""By binascii itself: a gateway decodes fifty thousand keys and statements of one snapshot."""

KEY_BYTES: Final = 32
"""Ed25519 and X25519 public keys, ristretto255 elements: all 32 bytes."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\Z")]
"""Identifier of an organisation, stick, user row, session, lease or gateway."""

Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
"""32 bytes in unpadded base64url (RFC 4648 §5)."""

UserName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
"""What the worker types as name; normalised by NFKC and case folding before use."""

Text = Annotated[str, msgspec.Meta(max_length=512, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*\Z")]
"""A short sentence or name for people; tab and line feed are its only control characters."""

Totp = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{6})?\Z")]
"""Six digits (RFC 6238), or empty where the profile asks for none."""

SignedText = Annotated[str, msgspec.Meta(max_length=8192, pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}\Z")]
"""A signed statement as `hanare_core.signed` writes it: body, dot, Ed25519 signature."""

MOST: Final = 2**53
"""Largest number in a message: every JSON reader keeps it exact."""

Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
"""A time or a span in milliseconds; at most MOST."""

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
"""A counter: revisions, epochs, generations, packets, bytes."""

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]

Address = Annotated[str, msgspec.Meta(min_length=2, max_length=45)]
"""An IPv4 or IPv6 address in text; users of it parse it with `ipaddress`."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all messages: frozen and closed against unknown fields."""


M = TypeVar("M")


def encode(message: msgspec.Struct) -> bytes:
    """Return the message as compact JSON bytes."""
    return msgspec.json.encode(message)


@overload
def decode(data: bytes | str, shape: type[M], *, limit: int = MESSAGE_BYTES) -> M: ...


@overload
def decode(data: bytes | str, shape: UnionType, *, limit: int = MESSAGE_BYTES) -> Any: ...


def decode(data: bytes | str, shape: type[M] | UnionType, *, limit: int = MESSAGE_BYTES) -> M | Any:
    """Return data as the wanted shape, or raise Problem(TOO_LARGE or MALFORMED) with the path that is wrong.

    A union tells its shapes apart by their tag.
    """
    if len(data) > limit:
        raise Problem(Code.TOO_LARGE, detail={"limit_bytes": str(limit)})
    try:
        return msgspec.json.decode(data, type=shape, strict=True)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Problem(Code.MALFORMED, detail={"path": _path_of(error)}) from error


def require_version(version: int) -> None:
    """Raise Problem(MALFORMED) unless the peer speaks this version of the protocol."""
    if version != PROTOCOL_VERSION:
        raise Problem(Code.MALFORMED, detail={"path": "$.protocol"})


def key_text(key: bytes) -> str:
    """Return bytes as unpadded base64url text."""
    return binascii.b2a_base64(key, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def key_bytes(text: str) -> bytes:
    """Return the bytes of unpadded base64url text; raise Problem(MALFORMED) when it is none."""
    try:
        padded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(padded, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(Code.MALFORMED, detail={"path": "base64url"}) from error
    if key_text(data) != text:
        raise Problem(Code.MALFORMED, detail={"path": "base64url"})
    return data


def _path_of(error: Exception) -> str:
    """Return the place that msgspec names (`$.leases[3].ttl_ms`), without any of the sender's values."""
    text = str(error)
    return text.rpartition("at `")[2].rstrip("`")[:120] if "at `" in text else "$"
