"""The stick's keys in two slots: a change is whole or it was not, and lists and certificates are the CA's."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import keyring, signed, wire
from hanare_core.keyring import GatewayList, Keyring, KeySet
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_core.site import Endpoint, GatewaySite

CA = SigningKey(b"c" * 32)
RING = Keyring(signed.public_text(CA), KeySet.generate())
OTHER = msgspec.structs.replace(RING, next=KeySet.generate())


def list_of(number: int, ca: SigningKey = CA, organisation: str = "city") -> str:
    """Return a signed gateway list."""
    gateway = GatewaySite(f"gw-{number}", wire.key_text(bytes([number]) * 32), (Endpoint("192.0.2.1", 51820),))
    return signed.sign(Kind.GATEWAY_LIST, GatewayList(organisation, number, (gateway,)), ca)


def written(area: bytes, change: keyring.Change, cut: int | None = None) -> bytes:
    """Return the area after the write, or after so many bytes of it."""
    data = change.data[:cut]
    return area[: change.offset] + data + area[change.offset + len(data) :]


def test_what_was_written_last_counts() -> None:
    """A new area and each later write are read back; writes alternate between the slots."""
    area = keyring.new_area(RING)
    assert (keyring.read(area), len(area)) == (RING, keyring.AREA_BYTES)
    first = keyring.write(area, OTHER)
    area = written(area, first)
    assert keyring.read(area) == OTHER
    second = keyring.write(area, RING)
    assert {first.offset, second.offset} == {0, keyring.SLOT_BYTES}
    assert keyring.read(written(area, second)) == RING


@given(cut=st.integers(0, 1200), before=st.booleans())
def test_a_cut_write_loses_only_itself(cut: int, before: bool) -> None:  # noqa: FBT001 - Hypothesis draws it
    """After any part of a write the ring is the old or the new one, whatever stood in the slot before."""
    area = keyring.new_area(RING)
    if before:
        area = written(area, keyring.write(area, RING))
    change = keyring.write(area, OTHER)
    torn = written(area, change, min(cut, len(change.data)))
    assert keyring.read(torn) in {RING, OTHER}
    assert (keyring.read(torn) == OTHER) is (cut >= len(change.data))
    assert keyring.read(written(torn, keyring.write(torn, OTHER))) == OTHER


@pytest.mark.parametrize("area", [b"", bytes(keyring.AREA_BYTES), b"HNRKEYS1" * 40_000])
def test_an_area_without_a_whole_slot_is_refused(area: bytes) -> None:
    """An empty, a blank and a hostile area give no keys."""
    with pytest.raises(Problem) as refused:
        keyring.read(area)
    assert refused.value.code is Code.INTERNAL


def test_keys_are_not_shown() -> None:
    """The text of a ring says nothing secret."""
    shown = repr(OTHER)
    assert OTHER.current.identity not in shown
    assert OTHER.current.door not in shown


def test_a_list_is_the_cas_for_its_own_organisation() -> None:
    """Another signer's and another organisation's list are refused."""
    assert keyring.gateway_list(list_of(3), RING.ca_key, "city").number == 3
    for text in (list_of(3, SigningKey.generate()), list_of(3, organisation="town")):
        with pytest.raises(Problem) as refused:
            keyring.gateway_list(text, RING.ca_key, "city")
        assert refused.value.code is Code.NOT_AUTHENTIC


def test_the_settled_list_stays_beside_a_newer_one() -> None:
    """A list that never was settled is replaced; a settled one stays until the next is."""
    ring = RING.with_list(list_of(1)).with_list(list_of(2))
    assert (ring.lists, ring.settled) == ((list_of(2),), 0)
    ring = ring.with_settled(2).with_list(list_of(3)).with_list(list_of(4))
    assert (ring.lists, ring.settled) == ((list_of(4), list_of(2)), 2)
    assert ring.with_settled(4).lists == (list_of(4),)
