"""Opens and ends sessions. Always inside an act: the caller holds the organisation's lock."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import QuerySet

from hanare_core import stick_settings
from hanare_core.problems import Code, Problem
from hanare_core.profile import Settings
from hanare_core.ticket import Ticket
from hanare_server import identifiers
from hanare_server.access import addresses, facts, placement, web
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Lease, Session
from hanare_server.access.placement import Entrance
from hanare_server.audit.log import Act, Thing
from hanare_server.directory.models import Gateway, OfficePC, Stick, User
from hanare_server.profiles.resolve import settings_of


class Admission(NamedTuple):
    """Who was let in: the stick, the user, and keyd's word for it."""

    stick: Stick
    user: User
    nonce: str
    ticket: Ticket
    ticket_text: str
    entrance: Entrance


def open_session(act: OpenAct, admission: Admission, *, now_ms: int) -> Session:
    """Write the session with its leases and audit row.

    Raises, and writes nothing, Problem(GATEWAY_UNREACHABLE) when no gateway may take it, Problem(GATEWAY_FULL) when
    none of those that may has an address left.
    """
    stick, user, ticket = admission.stick, admission.user, admission.ticket
    settings = settings_of(act.organisation, user)
    office_pc = _office_pc(user)
    ends_ms = min(
        now_ms + settings.session_ms,
        ticket.not_after_ms,
        facts.end_of_hours_ms(act.organisation, settings, now_ms),
        user.permitted_until_ms or ticket.not_after_ms,
    )
    places = _places(act, admission.entrance, now_ms)
    session = Session.objects.create(
        id=identifiers.new("ses"),
        organisation=act.organisation,
        stick=stick,
        user=user,
        department=user.department,
        office_pc=office_pc,
        nonce=admission.nonce,
        ticket=admission.ticket_text,
        factors=[factor.value for factor in ticket.factors],
        opened_ms=now_ms,
        ends_ms=ends_ms,
    )
    _open_leases(act, session, settings, places)
    detail = {"stick": stick.id, "user": user.id, "office_pc": office_pc.id}
    act.write(Act.SESSION_OPENED, Thing("session", session.id), detail)
    return session


def end_session(act: OpenAct, session: Session, reason: Code, *, now_ms: int, ended_ms: int | None = None) -> list[str]:
    """End an open session and take its leases away; return the leases' ids.

    ended_ms: when it really ended, if that was earlier than now.
    """
    session.state, session.reason = Session.State.ENDED, reason.value
    session.ended_ms = now_ms if ended_ms is None else ended_ms
    session.save()
    present = Lease.objects.filter(session=session, state=Lease.State.PRESENT)
    leases = list(present.values_list("pk", flat=True))
    _take_leases(act, [session.pk], leases, reason, now_ms)
    return leases


def end_all(act: OpenAct, sessions: QuerySet[Session], reason: Code, *, now_ms: int) -> list[str]:
    """End these open sessions, however many, in the same three statements; return the ids of the leases that went.

    Sessions are read as nothing but their names: a stop waits for this.
    """
    found = list(sessions.values_list("pk", "leases__pk", "leases__state"))
    ending = list(dict.fromkeys(session for session, _, _ in found))
    leases = [lease for _, lease, state in found if state == Lease.State.PRESENT]
    if ending:
        of_them = Session.objects.filter(pk__in=ending)
        of_them.update(state=Session.State.ENDED, reason=reason.value, ended_ms=now_ms)
        _take_leases(act, ending, leases, reason, now_ms)
    return leases


def lease_sessions(organisation: str) -> list[tuple[str, str]]:
    """Return (lease, session) of every present lease."""
    present = Lease.objects.filter(organisation=organisation, state=Lease.State.PRESENT)
    return list(present.values_list("id", "session_id"))


def _take_leases(act: OpenAct, ended: Sequence[str], leases: Sequence[str], reason: Code, now_ms: int) -> None:
    """Take these leases away, and write that their sessions ended."""
    act.touch_all(Lease.objects.filter(pk__in=leases), state=Lease.State.GONE, reason=reason.value, gone_ms=now_ms)
    for session in ended:
        act.write(Act.SESSION_ENDED, Thing("session", session), {"reason": reason.value})


def _office_pc(user: User) -> OfficePC:
    office_pc = facts.office_pc_of(user)
    if office_pc is None:
        raise Problem(Code.NO_OFFICE_PC)
    return office_pc


def _places(act: OpenAct, entrance: Entrance, now_ms: int) -> list[tuple[Gateway, str]]:
    """Return up to PATHS gateways with an inner address on each, the best first."""
    candidates = placement.gateways(act.organisation, entrance)
    if not candidates:
        raise Problem(Code.GATEWAY_UNREACHABLE)
    places: list[tuple[Gateway, str]] = []
    for gateway in candidates:
        if len(places) < placement.PATHS and (address := addresses.allocate(gateway, now_ms)) is not None:
            # The search's place is no news for the hub: the gateway keeps its revision.
            gateway.save(update_fields=["next_address"])
            places.append((gateway, address))
    if not places:
        raise Problem(Code.GATEWAY_FULL)
    return places


def _open_leases(act: OpenAct, session: Session, settings: Settings, places: Iterable[tuple[Gateway, str]]) -> None:
    for position, (gateway, address) in enumerate(places):
        act.touch(
            Lease(
                id=identifiers.new("lea"),
                organisation=act.organisation,
                session=session,
                gateway=gateway,
                position=position,
                address=address,
                targets=web.targets(session.office_pc, settings),
                ttl_ms=settings.lease_ttl_ms,
                grace_ms=settings.grace_ms,
                ends_ms=session.ends_ms,
                settings=stick_settings.text(settings),
            )
        )
