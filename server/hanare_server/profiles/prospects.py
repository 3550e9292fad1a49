"""What a change would make of people's settings before it is made: for each group of users, before and after.

What reads these raises msgspec.ValidationError where the settings afterwards would contradict each other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hanare_core.profile import Settings
from hanare_server.directory.models import Organisation, Profile
from hanare_server.profiles.holders import Group, Holder, Profiles, groups, groups_of, level_of
from hanare_server.profiles.resolve import Level, resolve


class Prospect(NamedTuple):
    """What so many users have, and what they would have."""

    users: int
    before: Settings
    after: Settings
    concerns: bool
    """Whether that is anybody's matter. A department with a profile of its own counts without users as well: to move
    somebody there takes one person."""


def of_fields(organisation: Organisation, profile: Profile, fields: Mapping[str, Any]) -> Iterator[Prospect]:
    """Return what these fields in this profile would make of everybody who lives by it."""
    now = Profiles.of(organisation)
    then = now.with_instead({profile.pk: fields})
    for group in groups(organisation):
        if profile.pk in dict(group.chain).values():
            yield _prospect(group.users, now, group, then, group)


def of_assignment(organisation: Organisation, holder: Holder, profile: str | None) -> Iterator[Prospect]:
    """Return what this profile, or none, would make of everybody whom the holder's concerns."""
    known = Profiles.of(organisation)
    for group in groups_of(organisation, holder):
        yield _prospect(group.users, known, group, known, group.living_by(level_of(holder), profile))


def _prospect(users: int, now: Profiles, before: Group, then: Profiles, after: Group) -> Prospect:
    own = {dict(group.chain)[Level.DEPARTMENT] for group in (before, after)} != {None}
    return Prospect(users, resolve(now.layers(before)).settings, resolve(then.layers(after)).settings, users > 0 or own)
