"""Gathers what the decision may know. Reads rows; decides nothing."""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hanare_core.profile import DAY_MINUTES, SecondFactor, Settings
from hanare_core.ticket import Factor
from hanare_server.access.decision import FORBIDDEN_ZONE, Hours, Question
from hanare_server.access.models import Session
from hanare_server.directory.models import Loan, OfficePC, Organisation, Stick, User
from hanare_server.profiles.resolve import settings_of

_FACTORS: Final = {
    SecondFactor.NONE: (Factor.PIN,),
    SecondFactor.TOTP: (Factor.PIN, Factor.TOTP),
    SecondFactor.FIDO2: (Factor.PIN, Factor.FIDO2),
    SecondFactor.ANY: (Factor.PIN, Factor.TOTP, Factor.FIDO2),
}


class Pair(NamedTuple):
    """What the rows of a stick and of a user say of themselves."""

    stick: str
    stick_state: str
    stick_department: str | None
    image: int
    virtual: str
    user: str
    user_state: str
    user_department: str
    department_suspended: bool
    permitted_until_ms: int | None


class Beside(NamedTuple):
    """What the decision reads beside organisation, stick and user."""

    settings: Settings
    office_pc_zone: str | None
    """None: the user has no office PC. The forbidden one too when another row of that zone has its address."""
    holder: str | None
    """Who has the stick on loan."""
    session_elsewhere: bool


def gather(organisation: Organisation, stick: Stick, user: User, *, factors: Iterable[Factor], now_ms: int) -> Question:
    """Return the question whether this user may work on this stick now, as the database stands."""
    pair = Pair(
        stick=stick.pk,
        stick_state=stick.state,
        stick_department=stick.department_id,
        image=stick.image,
        virtual=stick.virtual,
        user=user.pk,
        user_state=user.state,
        user_department=user.department_id,
        department_suspended=user.department.suspended,
        permitted_until_ms=user.permitted_until_ms,
    )
    return question(organisation, pair, _beside(organisation, stick, user), factors=factors, now_ms=now_ms)


def question(
    organisation: Organisation, pair: Pair, beside: Beside, *, factors: Iterable[Factor], now_ms: int
) -> Question:
    """Return the question that these facts make."""
    settings, local = beside.settings, _local_time(organisation, now_ms)
    return Question(
        organisation_on=organisation.state == Organisation.State.ON,
        stick_state=pair.stick_state,
        stick_department=pair.stick_department,
        stick_holder=beside.holder,
        user=pair.user,
        user_state=pair.user_state,
        user_department=pair.user_department,
        department_suspended=pair.department_suspended,
        permitted_until_ms=pair.permitted_until_ms,
        loan_rule=settings.loan_rule,
        hours=_hours(settings),
        weekday=local.isoweekday(),
        minute=local.hour * 60 + local.minute,
        now_ms=now_ms,
        office_pc_zone=beside.office_pc_zone,
        zones=frozenset(settings.zones),
        image=pair.image,
        image_floor=settings.image_floor,
        virtual=bool(pair.virtual),
        vm_allowed=settings.vm_allowed,
        factors_given=frozenset(factors),
        factors_wanted=frozenset(factors_wanted(settings)),
        session_elsewhere=beside.session_elsewhere,
    )


def factors_wanted(settings: Settings) -> tuple[Factor, ...]:
    """Return the factors that the settings want beside the stick."""
    return _FACTORS[settings.second_factor]


def office_pc_of(user: User) -> OfficePC | None:
    """Return the user's office PC, if they have one."""
    return OfficePC.objects.filter(user=user).first()


def forbidden_addresses(organisation: str) -> frozenset[str]:
    """Return the addresses that no session may reach, whichever row names them."""
    rows = OfficePC.objects.filter(organisation=organisation, zone=FORBIDDEN_ZONE)
    return frozenset(rows.values_list("address", flat=True))


def zone_of(zone: str, address: str, forbidden: Container[str]) -> str:
    """Return the zone that counts for an office PC."""
    return FORBIDDEN_ZONE if address in forbidden else zone


def end_of_hours_ms(organisation: Organisation, settings: Settings, now_ms: int) -> int:
    """Return when today's hours end, in Unix milliseconds; hours that fill whole days have no end within a session."""
    local = _local_time(organisation, now_ms)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(minutes=settings.until_minute)
    whole_days = settings.from_minute == 0 and settings.until_minute == DAY_MINUTES
    while whole_days and end.isoweekday() in settings.weekdays and (end - local) < timedelta(days=1):
        end += timedelta(days=1)
    return int(end.timestamp() * 1000)


def _beside(organisation: Organisation, stick: Stick, user: User) -> Beside:
    loan = Loan.objects.filter(stick=stick, returned_ms=None).first()
    office_pc, zone = office_pc_of(user), None
    if office_pc is not None:
        zone = zone_of(office_pc.zone, office_pc.address, forbidden_addresses(organisation.pk))
    return Beside(
        settings=settings_of(organisation, user),
        office_pc_zone=zone,
        holder=loan.user_id if loan else None,
        session_elsewhere=_has_session_elsewhere(user, stick),
    )


def _has_session_elsewhere(user: User, stick: Stick) -> bool:
    return Session.objects.filter(user=user, state=Session.State.OPEN).exclude(stick=stick).exists()


def _hours(settings: Settings) -> Hours:
    return Hours(
        weekdays=frozenset(settings.weekdays),
        from_minute=settings.from_minute,
        until_minute=settings.until_minute,
    )


def _local_time(organisation: Organisation, now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(organisation.time_zone))
