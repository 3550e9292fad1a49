"""confirm: the stick has written its generation; the decision is made and the session opened.

One act replaces the stick's older session, decides, and writes session, leases, addresses and audit row.
After the commit we wait for the first gateway's word: a WireGuard handshake sent before the gateway knows the
peer is repeated only after 5 s. Repeats are answered by the nonce: the same session, the same refusal, or how
the session ended meanwhile.
"""

from hanare_core import signed, stick_settings, ticket
from hanare_core.messages.api import Confirm, ConfirmBody, OfficePc, Path, SessionAnswer
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server import hub_client
from hanare_server.access import facts, sessions
from hanare_server.access.act import OpenAct, act
from hanare_server.access.decision import decide
from hanare_server.access.models import Lease, Session
from hanare_server.access.placement import Entrance
from hanare_server.audit.log import SYSTEM, Act, Actor, ActorKind, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick, User
from hanare_server.profiles.resolve import settings_of
from hanare_server.sockets import Unreachable
from hanare_server.sticks import ratchet, whereabouts
from hanare_server.sticks.guard import door_gateway, heard_stick
from hanare_server.sticks.models import SignIn
from hanare_server.sticks.ratchet import Sighting


def confirm(message: Confirm, source: str) -> SessionAnswer:
    """Open the session, or refuse with the decision's first reason."""
    stick = heard_stick(message.stick, source)
    body = signed.verify(Kind.CONFIRM, message.signed, stick.identity_key, ConfirmBody)
    sign_in = SignIn.objects.filter(nonce=body.nonce, stick=stick).first()
    if sign_in is None or body.generation != sign_in.next_generation:
        raise Problem(Code.OUT_OF_ORDER)
    session = Session.objects.filter(nonce=body.nonce).first() or _open(sign_in, source)
    if session.state == Session.State.ENDED:
        raise Problem(Code(session.reason))
    with whereabouts.noted(stick):
        _await_gateway(session)
    return _answer(session)


def _open(sign_in: SignIn, source: str) -> Session:
    """Decide and write, in one act; a refusal is written as well, then raised."""
    organisation = sign_in.stick.organisation_id
    entrance = Entrance(door_gateway(organisation, sign_in.stick.door_key, source), _in_touch(organisation))
    with act(organisation, Actor(ActorKind.USER, sign_in.user_id)) as opened:
        current = SignIn.objects.get(pk=sign_in.pk)
        session = Session.objects.filter(nonce=current.nonce).first()
        refusal = Code(current.refusal) if current.refusal else None
        if session is None and refusal is None:
            session, refusal = _decide(opened, current, source, entrance)
    if session is None:
        raise Problem(refusal or Code.INTERNAL)
    return session


def _decide(opened: OpenAct, sign_in: SignIn, source: str, entrance: Entrance) -> tuple[Session | None, Code | None]:
    now = now_ms()
    if now >= sign_in.not_after_ms:
        return None, Code.NONCE_EXPIRED
    stick = Stick.objects.select_related("department").get(pk=sign_in.stick_id)
    user = User.objects.select_related("department__profile", "profile").get(pk=sign_in.user_id)
    ratchet.confirm(stick, Sighting(sign_in.next_generation, source, user.id))
    older = Session.objects.filter(stick=stick, state=Session.State.OPEN)
    sessions.end_all(opened, older, Code.SIGNED_IN_AGAIN, now_ms=now)
    # keyd signed it a moment ago over its own socket; gateways verify it again.
    proof = signed.unverified(sign_in.ticket, ticket.Ticket)
    question = facts.gather(opened.organisation, stick, user, factors=proof.factors, now_ms=now)
    reasons = decide(question)
    if reasons:
        return None, _refuse(opened, sign_in, reasons)
    try:
        admission = sessions.Admission(stick, user, sign_in.nonce, proof, sign_in.ticket, entrance)
        session = sessions.open_session(opened, admission, now_ms=now)
    except Problem as problem:
        return None, _refuse(opened, sign_in, [problem.code])
    return session, None


def _in_touch(organisation: str) -> frozenset[str]:
    try:
        return hub_client.in_touch(organisation)
    except Unreachable:
        return frozenset()  # nobody's lease will be acknowledged: the sign-in ends with the hub's own code


def _refuse(opened: OpenAct, sign_in: SignIn, reasons: list[Code]) -> Code:
    sign_in.refusal = reasons[0].value
    sign_in.save(update_fields=["refusal"])
    detail = {"stick": sign_in.stick_id, "reasons": " ".join(reasons)}
    opened.write(Act.SIGN_IN_REFUSED, Thing("user", sign_in.user_id), detail)
    return reasons[0]


def _await_gateway(session: Session) -> None:
    """Wait until the first path's gateway holds its lease; end the session if it does not."""
    lease = session.leases.first()
    if lease is None:
        raise Problem(Code.INTERNAL)
    try:
        failed = hub_client.await_lease(session.organisation_id, lease.id, lease.revision)
    except Unreachable:
        failed = Code.HUB_UNREACHABLE
    if failed is None:
        return
    with act(session.organisation_id, SYSTEM) as opened:
        current = Session.objects.get(pk=session.pk)
        if current.state == Session.State.OPEN:
            sessions.end_session(opened, current, failed, now_ms=now_ms())
            current.refresh_from_db()
    raise Problem(Code(current.reason))


def _answer(session: Session) -> SessionAnswer:
    leases: list[Lease] = list(session.leases.all())
    office_pc = session.office_pc
    return SessionAnswer(
        session=session.id,
        user_name=str(session.user),
        paths=tuple(Path(gateway=lease.gateway_id, lease=lease.id, address=lease.address) for lease in leases),
        office_pc=OfficePc(
            name=office_pc.name,
            kind=office_pc.kind,
            address=office_pc.address,
            port=office_pc.port,
            fingerprint=office_pc.fingerprint,
        ),
        ttl_ms=leases[0].ttl_ms,
        grace_ms=leases[0].grace_ms,
        ends_ms=session.ends_ms,
        settings=stick_settings.in_session(settings_of(session.organisation, session.user)),
    )
