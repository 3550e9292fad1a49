"""Gathers what the evidence pack may say: the settings in force for every group of users, and what is counted."""

from dataclasses import dataclass

from django.db.models import Q

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
    """Return the facts of the moment, in a dozen queries."""
    known = Profiles.of(organisation)
    in_force = tuple(
        InForce(settings=resolve(known.layers(group)).settings, users=group.users)
        for group in groups(organisation)
        if group.users
    )
    users = User.objects.filter(organisation=organisation).exclude(state=User.State.GONE)
    sticks = Stick.objects.filter(organisation=organisation).exclude(
        Q(state=Stick.State.REVOKED) | Q(state=Stick.State.REPLACED)
    )
    pcs = OfficePC.objects.filter(organisation=organisation)
    accounts = Administrator.objects.filter(organisation=organisation, is_active=True)
    checkpoint = newest_checkpoint(organisation)
    return Facts(
        organisation=organisation.name,
        groups=in_force,
        users=users.count(),
        without_end=users.filter(permitted_until_ms=None).count(),
        sticks=sticks.count(),
        sticks_without_department=sticks.filter(department=None).count(),
        office_pcs=pcs.count(),
        mynumber_assigned=pcs.filter(zone=OfficePC.Zone.MYNUMBER, user__isnull=False).count(),
        gateways=Gateway.objects.filter(organisation=organisation, state=Gateway.State.ACTIVE).count(),
        administrators=accounts.count(),
        without_person=accounts.filter(person="").count(),
        audit_rows=organisation.audit_number,
        sealed=checkpoint.number if checkpoint else 0,
        sealed_hash=checkpoint.row_hash if checkpoint else "",
        off_box=off_box,
    )
