"""Says by which profile an organisation, a department or a user lives: checked, written and told in one act.

A profile that loosens something for somebody takes two people, as the same change of a profile's fields does.
"""

from collections.abc import Mapping
from typing import Any

from hanare_core.problems import Code, Problem
from hanare_server.access import web
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.directory.models import Department, Organisation, Profile, User
from hanare_server.profiles import change, live, loosens, prospects
from hanare_server.profiles.holders import Holder, Profiles, groups_of, level_of
from hanare_server.profiles.resolve import Level

What = Mapping[str, Any]
"""A request: `level`, the holder's `id`, and the `profile`'s id or None."""


def what_of(holder: Holder, profile: str | None) -> What:
    """Return the request to have the holder live by this profile."""
    return {"level": level_of(holder).value, "id": holder.pk, "profile": profile}


def loosened(organisation: Organisation, holder: Holder, profile: str | None) -> list[str]:
    """Return the fields that the assignment would loosen for somebody."""
    return loosens.of(prospects.of_assignment(organisation, holder, profile))


def assign(opened: OpenAct, holder: Holder, profile: str | None, *, agreed: bool = False) -> bool:
    """Have the holder live by this profile (None: by what is above).

    agreed: two people said so. Returns False, with nothing written, where it takes two and they have not. Raises
    Problem(NOT_FOUND), RefusedByLint, or Problem(MALFORMED) when it contradicts what is inherited.
    """
    wanted = change.of(opened, profile) if profile is not None else None
    check(opened.organisation, holder, profile)
    if not agreed and loosened(opened.organisation, holder, profile):
        return False
    holder.profile = wanted
    holder.save(update_fields=["profile"])
    if isinstance(holder, Organisation):
        opened.organisation.profile = wanted
    live.take_over(opened)
    opened.write(Act.PROFILE_ASSIGNED, Thing(level_of(holder).value, holder.pk), {"profile": profile or ""})
    web.tell_sessions(opened)
    return True


def check(organisation: Organisation, holder: Holder, profile: str | None) -> None:
    """Refuse what could not be assigned, before somebody is asked to approve it. Raises as `assign` does."""
    known, level = Profiles.of(organisation), level_of(holder)
    after = (group.living_by(level, profile) for group in groups_of(organisation, holder))
    change.refuse_errors(change.findings_of(known.layers(group) for group in after))


def carry_out(opened: OpenAct, what: What) -> None:
    """Do what two people have agreed on."""
    assign(opened, holder_of(opened.organisation, what["level"], what["id"]), what["profile"], agreed=True)


def standing_of(organisation: Organisation, what: What) -> list[Any]:
    """Return name and settings of the profile that is left and of the one that comes, and the holder's name.

    Raises Problem(NOT_FOUND), or CONFLICT when the holder lives by it already.
    """
    holder = holder_of(organisation, what["level"], what["id"])
    if holder.profile_id == what["profile"]:
        raise Problem(Code.CONFLICT, detail={"profile": holder.profile_id or ""})
    return [str(holder), *_shown(organisation, holder.profile_id), *_shown(organisation, what["profile"])]


def holder_of(organisation: Organisation, level: str, identifier: str) -> Holder:
    """Return who is to live by a profile; raises Problem(NOT_FOUND)."""
    found: Holder | None = None
    if level == Level.ORGANISATION and identifier == organisation.pk:
        found = organisation
    elif level == Level.DEPARTMENT:
        found = Department.objects.filter(organisation=organisation, pk=identifier).first()
    elif level == Level.USER:
        found = User.objects.filter(organisation=organisation, pk=identifier).exclude(state=User.State.GONE).first()
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


def _shown(organisation: Organisation, profile: str | None) -> tuple[str, Mapping[str, Any]]:
    if profile is None:
        return "", {}
    row = Profile.objects.filter(organisation=organisation, pk=profile).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row.name, row.settings
