"""Gathers what the evidence pack may say: the settings in force for every group of users, and what is counted."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from hanare_core.profile import Settings
from hanare_server.audit.seal import newest_checkpoint
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Gateway, OfficePC, Organisation, Stick, User
from hanare_server.profiles.holders import Profiles, groups
from hanare_server.profiles.resolve import resolve


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The settings of one group of users."""

    settings: Settings
    users: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that an item may look at."""

    organisation: str
    groups: tuple[InForce, ...]
    """Only groups with users."""
    users: int
    without_end: int
    """Users whose permission has no end date."""
    sticks: int
    sticks_without_department: int
    office_pcs: int
    mynumber_assigned: int
    """Office PCs of the マイナンバー zone that somebody is assigned to."""
    gateways: int
    administrators: int
    without_person: int
    """Console accounts without the staff number of a natural person."""
    audit_rows: int
    sealed: int
    """Up to which audit row keyd has signed."""
    sealed_hash: str
    off_box: bool
    """Whether a copy of the audit log goes outside."""


def gather(organisation: Organisation, *, off_box: bool) -> Facts:
    """Return the facts of the moment, each kind of thing in one query."""
    known = Profiles.of(organisation)
    in_force = tuple(
        InForce(settings=resolve(known.layers(group)).settings, users=group.users)
        for group in groups(organisation)
        if group.users
    )
    users = User.objects.filter(organisation=organisation).exclude(state=User.State.GONE)
    sticks = Stick.objects.filter(organisation=organisation).exclude(state__in=Stick.RETIRED)
    pcs = OfficePC.objects.filter(organisation=organisation)
    accounts = Administrator.objects.filter(organisation=organisation, is_active=True)
    assigned = Q(zone=OfficePC.Zone.MYNUMBER, user__isnull=False)
    all_users, without_end = _counted(users, Q(permitted_until_ms=None))
    all_sticks, without_department = _counted(sticks, Q(department=None))
    office_pcs, mynumber_assigned = _counted(pcs, assigned)
    administrators, without_person = _counted(accounts, Q(person=""))
    checkpoint = newest_checkpoint(organisation)
    return Facts(
        organisation=organisation.name,
        groups=in_force,
        users=all_users,
        without_end=without_end,
        sticks=all_sticks,
        sticks_without_department=without_department,
        office_pcs=office_pcs,
        mynumber_assigned=mynumber_assigned,
        gateways=Gateway.objects.filter(organisation=organisation, state=Gateway.State.ACTIVE).count(),
        administrators=administrators,
        without_person=without_person,
        audit_rows=organisation.audit_number,
        sealed=checkpoint.number if checkpoint else 0,
        sealed_hash=checkpoint.row_hash if checkpoint else "",
        off_box=off_box,
    )


def _counted(rows: QuerySet[Any], which: Q) -> tuple[int, int]:
    """Count all rows, and which of them, in one query."""
    found = rows.aggregate(all=Count("pk"), some=Count("pk", filter=which))
    return found["all"], found["some"]
