"""Opens and ends sessions. Always inside an act: the caller holds the organisation's lock."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
from hanare_server.directory.models import OfficePC, Stick, User
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
    """Write the session with its leases and audit row; raises Problem(GATEWAY_UNREACHABLE) when no gateway has room."""
    stick, user, ticket = admission.stick, admission.user, admission.ticket
    settings = settings_of(act.organisation, user)
    office_pc = _office_pc(user)
    ends_ms = min(
        now_ms + settings.session_ms,
        ticket.not_after_ms,
        facts.end_of_hours_ms(act.organisation, settings, now_ms),
        user.permitted_until_ms or ticket.not_after_ms,
    )
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
    _open_leases(act, session, settings, admission.entrance, now_ms)
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
    return _take_leases(act, [session], reason, now_ms)


def end_all(act: OpenAct, sessions: Iterable[Session], reason: Code, *, now_ms: int) -> list[str]:
    """End these open sessions, however many, in the same few statements; return the ids of the leases that went."""
    ending = list(sessions)
    of_them = Session.objects.filter(pk__in=[session.pk for session in ending])
    of_them.update(state=Session.State.ENDED, reason=reason.value, ended_ms=now_ms)
    return _take_leases(act, ending, reason, now_ms)


def lease_sessions(organisation: str) -> list[tuple[str, str]]:
    """Return (lease, session) of every present lease."""
    present = Lease.objects.filter(organisation=organisation, state=Lease.State.PRESENT)
    return list(present.values_list("id", "session_id"))


def _take_leases(act: OpenAct, ended: Sequence[Session], reason: Code, now_ms: int) -> list[str]:
    """Take the leases of these sessions away, write that they ended, and return the leases' ids."""
    present = Lease.objects.filter(session__in=ended, state=Lease.State.PRESENT)
    leases = list(present.values_list("id", flat=True))
    act.touch_all(Lease.objects.filter(pk__in=leases), state=Lease.State.GONE, reason=reason.value, gone_ms=now_ms)
    for session in ended:
        act.write(Act.SESSION_ENDED, Thing("session", session.id), {"reason": reason.value})
    return leases


def _office_pc(user: User) -> OfficePC:
    office_pc = facts.office_pc_of(user)
    if office_pc is None:
        raise Problem(Code.NO_OFFICE_PC)
    return office_pc


def _open_leases(act: OpenAct, session: Session, settings: Settings, entrance: Entrance, now_ms: int) -> None:
    position = 0
    for gateway in placement.gateways(act.organisation, entrance):
        if position == placement.PATHS:
            break
        address = addresses.allocate(gateway, now_ms)
        if address is None:
            continue
        # The search's place is no news for the hub: the gateway keeps its revision.
        gateway.save(update_fields=["next_address"])
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
        position += 1
    if position == 0:
        raise Problem(Code.GATEWAY_UNREACHABLE)
