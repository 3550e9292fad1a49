"""Gathers what the decision may know. Reads rows; decides nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from hanare_core.profile import DAY_MINUTES, SecondFactor, Settings
from hanare_core.ticket import Factor
from hanare_server.access.decision import Hours, Question
from hanare_server.access.models import Session
from hanare_server.directory.models import Loan, OfficePC, Organisation, Stick, User
from hanare_server.profiles.resolve import settings_of

_FACTORS: Final = {
    SecondFactor.NONE: (Factor.PIN,),
    SecondFactor.TOTP: (Factor.PIN, Factor.TOTP),
    SecondFactor.FIDO2: (Factor.PIN, Factor.FIDO2),
    SecondFactor.ANY: (Factor.PIN, Factor.TOTP, Factor.FIDO2),
}


class Beside(NamedTuple):
    """What the decision reads beside organisation, stick and user."""

    settings: Settings
    office_pc: OfficePC | None
    holder: str | None
    """Who has the stick on loan."""
    session_elsewhere: bool


Read = Callable[[Organisation, Stick, User], Beside]


def beside(organisation: Organisation, stick: Stick, user: User) -> Beside:
    """Ask the database for what stands now."""
    loan = Loan.objects.filter(stick=stick, returned_ms=None).first()
    return Beside(
        settings=settings_of(organisation, user),
        office_pc=office_pc_of(user),
        holder=loan.user_id if loan else None,
        session_elsewhere=_has_session_elsewhere(user, stick),
    )


def read_all(organisation: str) -> Read:
    """Return the same as it stands now, for however many sessions of an organisation, by three statements."""
    office_pcs = {one.user_id: one for one in OfficePC.objects.filter(user__organisation=organisation).order_by("-pk")}
    on_loan = Loan.objects.filter(stick__organisation=organisation, returned_ms=None).order_by("-pk")
    holders = dict(on_loan.values_list("stick_id", "user_id"))
    at_work: dict[str, set[str]] = defaultdict(set)
    for user_id, stick_id in Session.objects.filter(organisation=organisation, state=Session.State.OPEN).values_list(
        "user_id", "stick_id"
    ):
        at_work[user_id].add(stick_id)
    resolved: dict[tuple[str | None, ...], Settings] = {}

    def read(here: Organisation, stick: Stick, user: User) -> Beside:
        profiles = (here.profile_id, user.department.profile_id, user.profile_id)
        if profiles not in resolved:
            resolved[profiles] = settings_of(here, user)
        return Beside(
            settings=resolved[profiles],
            office_pc=office_pcs.get(user.pk),
            holder=holders.get(stick.pk),
            session_elsewhere=bool(at_work.get(user.pk, set()) - {stick.pk}),
        )

    return read


def gather(  # noqa: PLR0913 - who, where, with what, when
    organisation: Organisation,
    stick: Stick,
    user: User,
    *,
    factors: Iterable[Factor],
    now_ms: int,
    read: Read = beside,
) -> Question:
    """Return the question whether this user may work on this stick now."""
    settings, office_pc, holder, session_elsewhere = read(organisation, stick, user)
    local = _local_time(organisation, now_ms)
    return Question(
        organisation_on=organisation.state == Organisation.State.ON,
        stick_state=stick.state,
        stick_department=stick.department_id,
        stick_holder=holder,
        user=user.id,
        user_state=user.state,
        user_department=user.department_id,
        department_suspended=user.department.suspended,
        permitted_until_ms=user.permitted_until_ms,
        loan_rule=settings.loan_rule,
        hours=_hours(settings),
        weekday=local.isoweekday(),
        minute=local.hour * 60 + local.minute,
        now_ms=now_ms,
        office_pc_zone=office_pc.zone if office_pc else None,
        zones=frozenset(settings.zones),
        image=stick.image,
        image_floor=settings.image_floor,
        factors_given=frozenset(factors),
        factors_wanted=frozenset(factors_wanted(settings)),
        session_elsewhere=session_elsewhere,
    )


def factors_wanted(settings: Settings) -> tuple[Factor, ...]:
    """Return the factors that the settings want beside the stick."""
    return _FACTORS[settings.second_factor]


def office_pc_of(user: User) -> OfficePC | None:
    """Return the user's office PC, if they have one."""
    return OfficePC.objects.filter(user=user).first()


def end_of_hours_ms(organisation: Organisation, settings: Settings, now_ms: int) -> int:
    """Return when today's hours end, in Unix milliseconds; hours that fill whole days have no end within a session."""
    local = _local_time(organisation, now_ms)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(minutes=settings.until_minute)
    whole_days = settings.from_minute == 0 and settings.until_minute == DAY_MINUTES
    while whole_days and end.isoweekday() in settings.weekdays and (end - local) < timedelta(days=1):
        end += timedelta(days=1)
    return int(end.timestamp() * 1000)


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
