"""Who lives by which profiles: each (department, user's profile) pair once, with how many users are in it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import Count

from hanare_server.directory.models import Department, Organisation, Profile, User
from hanare_server.profiles.resolve import Layer, Level

Holder = Organisation | Department | User
"""What a profile is assigned to."""


class Group(NamedTuple):
    """Users who share all their layers."""

    department: str
    """The department's id."""
    users: int
    chain: tuple[tuple[Level, str | None], ...]
    """The profile's id at each level, farthest first."""

    def living_by(self, level: Level, profile: str | None) -> "Group":
        """Return the same users with this profile at this level."""
        return self._replace(chain=tuple((each, profile if each is level else own) for each, own in self.chain))


class Profiles:
    """All profiles of one organisation, read once; some may be laid over as if they were saved already."""

    def __init__(self, rows: Mapping[str, Profile], instead: Mapping[str, Mapping[str, Any]]) -> None:
        self._rows = rows
        self._instead = instead

    @classmethod
    def of(cls, organisation: Organisation) -> "Profiles":
        """Read the organisation's profiles."""
        return cls({row.id: row for row in Profile.objects.filter(organisation=organisation)}, {})

    def layers(self, group: Group) -> list[Layer]:
        """Return the group's layers, farthest first."""
        return [self._layer(level, identifier) for level, identifier in group.chain]

    def with_instead(self, instead: Mapping[str, Mapping[str, Any]]) -> "Profiles":
        """Return the same profiles with these fields in place of the saved ones."""
        return Profiles(self._rows, instead)

    def _layer(self, level: Level, identifier: str | None) -> Layer:
        if identifier is None or identifier not in self._rows:
            return Layer(level, "", {})
        row = self._rows[identifier]
        return Layer(level, row.name, self._instead.get(identifier, row.settings))


def groups(organisation: Organisation) -> list[Group]:
    """Return every group of the organisation in two queries; a department without users is a group of none."""
    return list(_groups(organisation))


def groups_of(organisation: Organisation, holder: Holder) -> list[Group]:
    """Return the groups whom the holder's profile concerns; a user is a group of one."""
    if isinstance(holder, User):
        of_department = Department.objects.filter(pk=holder.department_id).values_list("profile_id", flat=True).first()
        return [Group(holder.department_id, 1, _chain(organisation, of_department, holder.profile_id))]
    return [one for one in groups(organisation) if isinstance(holder, Organisation) or one.department == holder.pk]


def level_of(holder: Holder) -> Level:
    """Return at which level the holder's profile stands."""
    return Level(type(holder).__name__.lower())


def _groups(organisation: Organisation) -> Iterator[Group]:
    departments = dict(Department.objects.filter(organisation=organisation).values_list("pk", "profile_id"))
    active = User.objects.filter(organisation=organisation).exclude(state=User.State.GONE)
    counted = active.values_list("department_id", "profile_id").annotate(users=Count("pk")).order_by()
    seen = set()
    for department, own, users in counted:
        seen.add(department)
        yield Group(department, users, _chain(organisation, departments.get(department), own))
    for department in departments.keys() - seen:
        yield Group(department, 0, _chain(organisation, departments[department], None))


def _chain(organisation: Organisation, department: str | None, own: str | None) -> tuple[tuple[Level, str | None], ...]:
    return (
        (Level.ORGANISATION, organisation.profile_id),
        (Level.DEPARTMENT, department),
        (Level.USER, own),
    )
