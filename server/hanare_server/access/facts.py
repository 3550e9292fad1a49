"""Gathers what the decision may know. Reads rows; decides nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hanare_core.ticket import Factor
from hanare_server.access.decision import Hours, Question
from hanare_server.directory.models import Department, Loan, OfficePC, Organisation, Profile, Stick, User

_DAY_MINUTES: Final = 24 * 60


def gather(organisation: Organisation, stick: Stick, user: User, *, factors: Iterable[Factor], now_ms: int) -> Question:
    """Return the question whether this user may work on this stick now."""
    profile = profile_of(organisation, user)
    local = _local_time(organisation, now_ms)
    office_pc = office_pc_of(user)
    loan = Loan.objects.filter(stick=stick, returned_ms=None).first()
    return Question(
        organisation_on=organisation.state == Organisation.State.ON,
        stick_state=stick.state,
        stick_department=stick.department_id,
        stick_holder=loan.user_id if loan else None,
        user=user.id,
        user_state=user.state,
        user_department=user.department_id,
        department_suspended=user.department.suspended,
        permitted_until_ms=user.permitted_until_ms,
        loan_rule=profile.loan_rule,
        hours=_hours(profile),
        weekday=local.isoweekday(),
        minute=local.hour * 60 + local.minute,
        now_ms=now_ms,
        office_pc_zone=office_pc.zone if office_pc else None,
        zones=frozenset(profile.zones),
        image=stick.image,
        image_floor=profile.image_floor,
        factors_given=frozenset(factors),
        factors_wanted=frozenset(factors_wanted(profile)),
    )


def profile_of(organisation: Organisation, user: User | None, department: Department | None = None) -> Profile:
    """Return the profile nearest to the user: own, department's, organisation's."""
    if user is not None:
        department = user.department
        if user.profile is not None:
            return user.profile
    if department is not None and department.profile is not None:
        return department.profile
    if organisation.profile is None:
        raise LookupError(f"organisation {organisation.id} has no profile: run setup again")
    return organisation.profile


def factors_wanted(profile: Profile) -> tuple[Factor, ...]:
    """Return the factors that the profile wants beside the stick."""
    return (Factor.PIN, Factor.TOTP) if profile.totp else (Factor.PIN,)


def office_pc_of(user: User) -> OfficePC | None:
    """Return the user's office PC, if they have one."""
    return OfficePC.objects.filter(user=user).first()


def end_of_hours_ms(organisation: Organisation, profile: Profile, now_ms: int) -> int:
    """Return when today's hours end, in Unix milliseconds; hours that fill whole days have no end within a session."""
    local = _local_time(organisation, now_ms)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(minutes=profile.until_minute)
    whole_days = profile.from_minute == 0 and profile.until_minute == _DAY_MINUTES
    while whole_days and str(end.isoweekday()) in profile.weekdays and (end - local) < timedelta(days=1):
        end += timedelta(days=1)
    return int(end.timestamp() * 1000)


def _hours(profile: Profile) -> Hours:
    return Hours(
        weekdays=frozenset(int(digit) for digit in profile.weekdays),
        from_minute=profile.from_minute,
        until_minute=profile.until_minute,
    )


def _local_time(organisation: Organisation, now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(organisation.time_zone))
