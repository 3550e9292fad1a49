"""Signed statements, certificates, tickets and door addresses."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import certificate, door, signed, ticket, wire
from hanare_core.certificate import StickCertificate
from hanare_core.problems import Code, Problem, http_status
from hanare_core.signed import Kind
from hanare_core.ticket import Factor, Ticket

CA = SigningKey(b"\x01" * 32)
KEYD = SigningKey(b"\x02" * 32)
STICK = SigningKey(b"\x03" * 32)
CERTIFICATE = StickCertificate(
    organisation="town", stick="st-1", identity_key=signed.public_text(STICK), door_key=wire.key_text(b"\x04" * 32),
    not_before_ms=1_000, not_after_ms=2_000,
)  # fmt: skip
TICKET = Ticket(
    id="ti-1", organisation="town", stick="st-1", user="us-1", session_key=wire.key_text(b"\x05" * 32),
    factors=(Factor.PIN,), issued_ms=1_000, not_after_ms=2_000,
)  # fmt: skip


@dataclass(frozen=True)
class Refused:
    """Runs a verification and keeps the code with which it was refused."""

    code: Code | None

    @classmethod
    def certificate(
        cls, text: str, *, ca: SigningKey = CA, organisation: str = "town", now_ms: int = 1_500
    ) -> "Refused":
        try:
            certificate.verify(text, signed.public_text(ca), organisation=organisation, now_ms=now_ms)
        except Problem as problem:
            return cls(problem.code)
        return cls(None)

    @classmethod
    def ticket(cls, text: str, *, key: SigningKey = KEYD, organisation: str = "town", now_ms: int = 1_500) -> "Refused":
        try:
            ticket.verify(text, signed.public_text(key), organisation=organisation, now_ms=now_ms)
        except Problem as problem:
            return cls(problem.code)
        return cls(None)


def test_a_certificate_holds_within_its_time_only() -> None:
    """The first millisecond counts, the last does not."""
    text = certificate.issue(CERTIFICATE, CA)
    codes = [Refused.certificate(text, now_ms=now).code for now in (999, 1_000, 1_999, 2_000)]
    assert codes == [Code.CERTIFICATE_EXPIRED, None, None, Code.CERTIFICATE_EXPIRED]


def test_a_certificate_of_another_ca_or_organisation_is_refused() -> None:
    """Neither another CA's signature nor another organisation's certificate is authentic here."""
    text = certificate.issue(CERTIFICATE, CA)
    assert Refused.certificate(text, ca=KEYD).code is Code.NOT_AUTHENTIC
    assert Refused.certificate(text, organisation="city").code is Code.NOT_AUTHENTIC


def test_a_ticket_holds_until_its_end_and_never_longer_than_a_ticket_may() -> None:
    """The hard end refuses; so does a life that no keyd would sign; a ticket from the future is accepted."""
    assert [Refused.ticket(ticket.issue(TICKET, KEYD), now_ms=now).code for now in (0, 1_999, 2_000)] == [
        None,
        None,
        Code.HARD_END,
    ]
    over_long = Ticket(**{**_fields(TICKET), "not_after_ms": 1_001 + ticket.TICKET_LIFE_MS})
    assert Refused.ticket(ticket.issue(over_long, KEYD)).code is Code.NOT_AUTHENTIC


def test_a_ticket_lives_twelve_hours_at_most() -> None:
    """Exactly twelve hours hold, and one millisecond more does not."""
    ends = [1_000 + 12 * 60 * 60 * 1_000 + more for more in (0, 1)]
    texts = [ticket.issue(Ticket(**{**_fields(TICKET), "not_after_ms": end}), KEYD) for end in ends]
    assert [Refused.ticket(text).code for text in texts] == [None, Code.NOT_AUTHENTIC]


def test_a_ticket_of_another_signer_or_organisation_is_refused() -> None:
    """Only keyd's own word for this organisation is a ticket."""
    text = ticket.issue(TICKET, KEYD)
    assert Refused.ticket(text, key=CA).code is Code.NOT_AUTHENTIC
    assert Refused.ticket(text, organisation="city").code is Code.NOT_AUTHENTIC


def test_a_statement_of_one_kind_is_none_of_another() -> None:
    """The kind is part of what is signed."""
    text = signed.sign(Kind.TICKET, CERTIFICATE, CA)
    assert Refused.certificate(text).code is Code.NOT_AUTHENTIC


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_noticed(place: int, change: int) -> None:
    """A statement with any byte of body or signature changed is refused."""
    text = certificate.issue(CERTIFICATE, CA)
    body, _, signature = text.partition(".")
    data = bytearray(wire.key_bytes(body) + wire.key_bytes(signature))
    data[place % len(data)] ^= change
    forged = f"{wire.key_text(bytes(data[:-64]))}.{wire.key_text(bytes(data[-64:]))}"
    assert Refused.certificate(forged).code is Code.NOT_AUTHENTIC


@given(st.text(max_size=80))
def test_no_text_crashes_the_verifier(text: str) -> None:
    """Any text gives a statement or a Problem."""
    assert Refused.certificate(text).code in {Code.MALFORMED, Code.NOT_AUTHENTIC}


@pytest.mark.parametrize("key", ["", "AAAA", wire.key_text(bytes(32))])
def test_a_key_that_is_none_verifies_nothing(key: str) -> None:
    """A short or all-zero public key is refused like a wrong one."""
    with pytest.raises(Problem) as caught:
        signed.verify(Kind.TICKET, ticket.issue(TICKET, KEYD), key, Ticket)
    assert caught.value.code in {Code.NOT_AUTHENTIC, Code.MALFORMED}


def test_an_unverified_body_can_be_read_to_find_its_key() -> None:
    """The body names the stick before the signature is known to hold."""
    assert signed.unverified(certificate.issue(CERTIFICATE, CA), StickCertificate) == CERTIFICATE


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_door_addresses_are_stable_and_distinct(first: bytes, second: bytes) -> None:
    """The same key gives the same address within the gateway's door network, another key or gateway another."""
    one, two = (door.door_address(wire.key_text(key), "gateway-1") for key in (first, second))
    assert one in door.door_network("gateway-1")
    assert one not in door.door_network("gateway-2")
    assert door.door_network("gateway-1").subnet_of(door.DOOR_NETWORK)
    assert (one == two) == (first == second)


def test_every_code_has_a_status_that_blames_the_right_side() -> None:
    """Only faults and absences of ours are 5xx."""
    away = {Code.DIRECTORY_UNREACHABLE, Code.GATEWAY_UNREACHABLE, Code.HUB_UNREACHABLE, Code.KEYD_UNREACHABLE}
    ours = {Code.INTERNAL, Code.GATEWAY_FULL, Code.NOT_SAVED} | away
    assert {code for code in Code if http_status(code) >= 500} == ours


def _fields(of: Ticket) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__struct_fields__}
