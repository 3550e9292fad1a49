"""Server and console are broken into: with their database and secrets no stick can be made, and no PIN be tried.

The gateway's and keyd's own checks are run on what such a thief would send.
"""

import ipaddress

import pytest
from nacl.signing import SigningKey

from hanare_core import admission, certificate, envelope, oprf, signed, ticket, wire
from hanare_core.admission import Trust
from hanare_core.certificate import StickCertificate
from hanare_core.messages import api, keyd
from hanare_core.messages.gateway import Door, Lease, State, Target
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import keyd_client, keys
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import PIN, AtHome

KEYS = ["the server's signing key", "its secret", "a fresh key", "zeroes"]


def key_of(name: str) -> SigningKey:
    """Return a key that the thief has or can make."""
    own = {
        "the server's signing key": bytes(keys.signing_key()),
        "its secret": keys.derived("envelope", size=32),
        "a fresh key": bytes(SigningKey.generate()),
        "zeroes": bytes(32),
    }
    return SigningKey(own[name])


def trust(town: Town) -> Trust:
    """Return what a gateway of the office believes in."""
    public = keyd_client.ask(keyd.StatusRequest(), keyd.StatusAnswer).public_key
    return Trust(
        town.id, f"{town.id}-gw0", signed.public_text(town.ca_key), public, ipaddress.IPv4Network("100.64.0.0/10")
    )


@pytest.mark.parametrize("name", KEYS)
def test_no_gateway_takes_a_stick_that_was_minted(town: Town, name: str) -> None:
    """A certificate by any key that the thief has makes no door and counts no attempt."""
    minted = AtHome("st-minted", town.id, key_of(name))
    door = Door("st-minted", State.PRESENT, minted.certificate())
    assert (
        code_of(lambda: admission.admit_door(door.stick, door.certificate, trust(town), now_ms())) is Code.NOT_AUTHENTIC
    )
    town.ready()
    assert code_of(lambda: begin_at_keyd(town, minted, minted.certificate())) is Code.NOT_AUTHENTIC


@pytest.mark.parametrize("name", KEYS)
def test_no_gateway_opens_a_session_without_keyds_ticket(town: Town, name: str) -> None:
    """With a real stick's certificate and a ticket by any key that the thief has, no session is admitted."""
    stick = town.ready()
    now = now_ms()
    statement = ticket.Ticket(
        "t-1", town.id, stick.stick, "usr-1", wire.key_text(bytes([9]) * 32), (ticket.Factor.PIN,), now, now + 1000
    )
    lease = Lease(
        "lea-1",
        "ses-1",
        State.PRESENT,
        stick.certificate(),
        ticket.issue(statement, key_of(name)),
        "100.64.0.9",
        (Target("10.1.2.3", 3389),),
        120_000,
        0,
        now + 1000,
    )
    assert code_of(lambda: admission.admit_lease(lease, trust(town), now)) is Code.NOT_AUTHENTIC


def test_another_sticks_ticket_is_worth_nothing(town: Town) -> None:
    """A real ticket that lies in the database opens no session for another stick's certificate."""
    stick, other = town.ready(), town.add_stick("総務2")
    answer = stick.sign_in("tanaka")
    session = town.session(answer.session)
    lease = Lease(
        "lea-1",
        "ses-1",
        State.PRESENT,
        other.certificate(),
        session.ticket,
        answer.paths[0].address,
        (Target("10.1.2.3", 3389),),
        120_000,
        0,
        session.ends_ms,
    )
    assert code_of(lambda: admission.admit_lease(lease, trust(town), now_ms())) is Code.NOT_AUTHENTIC


def begin_at_keyd(
    town: Town, stick: AtHome, certificate_text: str, signer: SigningKey | None = None
) -> keyd.BeginAnswer:
    """Ask keyd over its socket, as who rules the server can."""
    nonce = keyd_client.ask(keyd.NonceRequest(stick=stick.stick), keyd.NonceAnswer).nonce
    element = wire.key_text(oprf.blind(PIN.encode())[1])
    text = signed.sign(Kind.BEGIN, api.BeginBody(nonce, "tanaka", element), signer or stick.identity)
    request = keyd.BeginRequest(town.id, town.user("tanaka").pk, certificate_text, text, (ticket.Factor.PIN,))
    return keyd_client.ask(request, keyd.BeginAnswer)


@pytest.mark.parametrize("name", KEYS)
def test_no_pin_is_tried_without_a_sticks_own_key(town: Town, name: str) -> None:
    """With every certificate in the database keyd evaluates nothing that the stick's own key has not signed."""
    stick = town.ready()
    real = Stick.objects.get(pk=stick.stick).certificate
    assert code_of(lambda: begin_at_keyd(town, stick, real, key_of(name))) is Code.NOT_AUTHENTIC
    altered = certificate.issue(
        StickCertificate(town.id, stick.stick, signed.public_text(key_of(name)), stick.door_key, 0, 2**52), key_of(name)
    )
    assert code_of(lambda: begin_at_keyd(town, stick, altered, key_of(name))) is Code.NOT_AUTHENTIC


def test_with_a_stick_in_hand_the_thief_has_its_counters(town: Town) -> None:
    """Server and one stick together get ten evaluations for a user, whatever name or profile they claim."""
    stick = town.ready()
    evaluations = 0
    while code_of(lambda: begin_at_keyd(town, stick, stick.certificate())) is None:
        evaluations += 1
    assert evaluations == 10


def test_the_envelopes_alone_are_worth_nothing(town: Town) -> None:
    """The right PIN opens no envelope under any OPRF key that the thief has."""
    town.ready()
    sealed = town.user("tanaka").envelope
    for name in KEYS:
        key = oprf.derive_key(bytes(key_of(name)), b"")
        blind, element = oprf.blind(PIN.encode())
        with pytest.raises(Problem, match="sign-in-failed"):
            envelope.open_envelope(sealed, oprf.finalize(PIN.encode(), blind, oprf.evaluate(key, element)))
