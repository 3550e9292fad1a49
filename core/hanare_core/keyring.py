"""The stick's keys: those that it uses, those that it changes to, and the gateways that the CA told of since kitting.

Two slots as in `ratchet`: every change writes the whole ring into the older slot, so that a power cut at any byte of a
write leaves the other slot whole. A slot is magic, sequence and length as big-endian numbers, the ring as JSON, then
BLAKE2b-256 (RFC 7693) over all of them. Limits: no secrecy, a stick that is read gives its keys away.
"""

import hashlib
import struct
from typing import Annotated, Final, NamedTuple

import msgspec
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from hanare_core import signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.problems import Code, Problem
from hanare_core.ratchet import Change
from hanare_core.signed import Kind
from hanare_core.site import GatewaySite

SLOT_BYTES: Final = 64 * 1024
"""Holds two certificates and two gateway lists at their largest, and is a multiple of every flash page."""

AREA_BYTES: Final = 2 * SLOT_BYTES

LISTS: Final = 2
"""The newest gateway list, and the one before it until a gateway of the newest has answered."""

_MAGIC: Final = b"HNRKEYS1"
_HEAD: Final = struct.Struct(">8sQI")
_DIGEST_BYTES: Final = 32


class KeySet(wire.Message, frozen=True):
    """The two keys of a stick; `certificate` is empty until the CA has signed it."""

    identity: wire.Key
    """Ed25519 seed."""
    door: wire.Key
    """X25519 private key."""
    certificate: wire.SignedText | None = None

    @classmethod
    def generate(cls) -> "KeySet":
        """Make new keys."""
        return cls(wire.key_text(bytes(SigningKey.generate())), wire.key_text(bytes(PrivateKey.generate())))

    @property
    def identity_key(self) -> SigningKey:
        """The key that signs."""
        return SigningKey(wire.key_bytes(self.identity))

    @property
    def door_key(self) -> PrivateKey:
        """The key of the door's tunnel."""
        return PrivateKey(wire.key_bytes(self.door))

    @property
    def public(self) -> tuple[str, str]:
        """The public halves: identity, door."""
        return signed.public_text(self.identity_key), wire.key_text(bytes(self.door_key.public_key))

    def __repr__(self) -> str:
        """Say nothing secret."""
        return f"KeySet({self.public[0]})"


class GatewayList(wire.Message, frozen=True):
    """What the CA signs when gateways change (kind gateway-list): every gateway that the office has from now on."""

    organisation: wire.Id
    number: wire.Count
    """Grows with each list; a stick takes no older one."""
    gateways: Annotated[tuple[GatewaySite, ...], msgspec.Meta(min_length=1, max_length=4)]


class Keyring(wire.Message, frozen=True):
    """Everything about a stick that a re-key changes."""

    ca_key: wire.Key
    current: KeySet
    next: KeySet | None = None
    """Made by the stick itself; used from the moment at which the server has heard of it through its own door."""
    lists: Annotated[tuple[wire.SignedText, ...], msgspec.Meta(max_length=LISTS)] = ()
    """Gateway lists as the CA signed them: the newest, and behind it the settled one while that is another."""
    settled: wire.Count = 0
    """Number of the newest list of which a gateway has answered; 0: the gateways of kitting still count."""

    def with_list(self, text: str) -> "Keyring":
        """Return the ring with a newer list, beside the settled one."""
        kept = [one for one in self.lists if signed.unverified(one, GatewayList).number == self.settled]
        return msgspec.structs.replace(self, lists=(text, *kept))

    def with_settled(self, number: int) -> "Keyring":
        """Return the ring without what came before the newest list, whose number this is."""
        return msgspec.structs.replace(self, lists=self.lists[:1], settled=number)


class _Slot(NamedTuple):
    sequence: int
    ring: Keyring


def new_area(ring: Keyring) -> bytes:
    """Return the area of a new stick."""
    return b"".join(_encode(_Slot(sequence, ring)).ljust(SLOT_BYTES, b"\0") for sequence in (1, 2))


def read(area: bytes) -> Keyring:
    """Return the newest whole slot; raise Problem(INTERNAL) when none is whole."""
    return max(_whole(area), key=lambda slot: slot.sequence).ring


def write(area: bytes, ring: Keyring) -> Change:
    """Return what puts the ring over the older slot."""
    newest = max(_whole(area), key=lambda slot: slot.sequence)
    older = 1 if _decode(area[:SLOT_BYTES]) == newest else 0
    return Change(older * SLOT_BYTES, _encode(_Slot(newest.sequence + 1, ring)))


def certificate_of(keys: KeySet) -> StickCertificate:
    """Return what the set's certificate says; raise Problem(MALFORMED) when it has none."""
    return signed.unverified(keys.certificate or "", StickCertificate)


def gateway_list(text: str, ca_key: str, organisation: str) -> GatewayList:
    """Return the list if the CA signed it for this organisation; raise Problem(NOT_AUTHENTIC, MALFORMED, TOO_LARGE)."""
    told = signed.verify(Kind.GATEWAY_LIST, text, ca_key, GatewayList)
    if told.organisation != organisation:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.GATEWAY_LIST.value})
    return told


def _whole(area: bytes) -> list[_Slot]:
    both = (_decode(area[:SLOT_BYTES]), _decode(area[SLOT_BYTES:AREA_BYTES]))
    whole = [slot for slot in both if slot is not None]
    if not whole:
        raise Problem(Code.INTERNAL, detail={"part": "keyring"})
    return whole


def _encode(slot: _Slot) -> bytes:
    ring = wire.encode(slot.ring)
    body = _HEAD.pack(_MAGIC, slot.sequence, len(ring)) + ring
    return body + _digest(body)


def _decode(slot: bytes) -> _Slot | None:
    """Return what a slot holds, or None when it was never written or is torn."""
    if len(slot) < _HEAD.size:
        return None
    magic, sequence, length = _HEAD.unpack_from(slot)
    end = _HEAD.size + length
    body, digest = slot[:end], slot[end : end + _DIGEST_BYTES]
    if magic != _MAGIC or digest != _digest(body):
        return None
    try:
        return _Slot(sequence, wire.decode(body[_HEAD.size :], Keyring))
    except Problem:
        return None


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES, person=b"hanare/1/keys").digest()
