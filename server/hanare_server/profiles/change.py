"""Changes profiles: checks, writes the version, the audit row and what live sticks must hear, in one act.

A change is checked for everybody who lives by the profile: fields that contradict what a department inherits, or a
standard whose floor is broken, are refused as a whole with the findings that say why. The caller opens the act.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from hanare_core.problems import Code, Problem
from hanare_core.profile import Settings
from hanare_server import identifiers
from hanare_server.access import web
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Organisation, Profile
from hanare_server.profiles import live
from hanare_server.profiles.effect import field_differences
from hanare_server.profiles.holders import Profiles, groups
from hanare_server.profiles.lint import Finding, Weight, lint
from hanare_server.profiles.models import ProfileVersion
from hanare_server.profiles.resolve import Layer, Level, as_written

NAME_CHARACTERS: Final = 200


class RefusedByLint(Exception):
    """The settings cannot be saved; `findings` says why, in the reader's language."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.field for finding in findings))
        self.findings = findings


def create(opened: OpenAct, name: str, fields: Mapping[str, Any]) -> Profile:
    """Add a profile; raises RefusedByLint, or Problem(MALFORMED) with the path that is wrong."""
    profile = Profile(
        id=identifiers.new("pro"), organisation=opened.organisation, name=_name(name), settings=dict(fields), version=1
    )
    _check(opened, profile, fields)
    profile.save()
    _keep(opened, profile, Act.ADDED, {"name": profile.name})
    return profile


class Edit(NamedTuple):
    """What somebody wants a profile to be."""

    version: int
    """The version that the writer has seen."""
    name: str
    fields: Mapping[str, Any]
    put_back: int | None = None
    """The older version that this brings back."""


def save(opened: OpenAct, profile: str, edit: Edit, *, why: str = "") -> Profile:
    """Save these fields in place of the profile's; why: what the log is to say of it.

    Raises Problem(CONFLICT) when another was quicker, RefusedByLint, or Problem(MALFORMED) with the path that is wrong.
    """
    row = of(opened, profile)
    if row.version != edit.version:
        raise Problem(Code.CONFLICT, detail={"version": str(row.version)})
    _check(opened, row, edit.fields)
    changed = [field for field, *_ in field_differences(row.settings, edit.fields)]
    row.name, row.settings, row.version = _name(edit.name), dict(edit.fields), row.version + 1
    row.save()
    if opened.organisation.profile_id == row.pk:
        opened.organisation.profile = row
    live.take_over(opened)
    detail = {"version": str(row.version), "fields": " ".join(changed), **({"why": why} if why else {})}
    _keep(opened, row, Act.SETTINGS_CHANGED, detail, edit.put_back)
    return row


def edit_back(profile: Profile, number: int, *, version: int) -> Edit:
    """Return the edit that brings an older version back as the newest one; raises Problem(NOT_FOUND)."""
    older = ProfileVersion.objects.filter(profile=profile, number=number).first()
    if older is None:
        raise Problem(Code.NOT_FOUND)
    return Edit(version, older.name, older.settings, number)


def check(profile: Profile, name: str, fields: Mapping[str, Any]) -> None:
    """Refuse what could not be saved, before somebody is asked to approve it. Raises as `save` does."""
    _name(name)
    refuse_errors(findings(profile, fields))


def findings(opened_for: Profile, fields: Mapping[str, Any]) -> list[Finding]:
    """Return what the lint says of everybody who lives by the profile, each finding once.

    Raises Problem(MALFORMED) with the path that is wrong.
    """
    organisation = opened_for.organisation
    return _findings(
        organisation, opened_for.id, Profiles.of(organisation).with_instead({opened_for.id: fields}), fields
    )


def findings_of(chains: Iterable[list[Layer]]) -> list[Finding]:
    """Return what the lint says of these layers, each finding once. Raises Problem(MALFORMED)."""
    found: dict[tuple[str, str], Finding] = {}
    for chain in chains:
        for finding in lint(_resolved(chain)):
            found.setdefault((finding.field, finding.weight.value), finding)
    return list(found.values())


def refuse_errors(found: list[Finding]) -> None:
    """Raise RefusedByLint where one of these is an error."""
    errors = [finding for finding in found if finding.weight is Weight.ERROR]
    if errors:
        raise RefusedByLint(errors)


def of(opened: OpenAct, profile: str) -> Profile:
    """Return the organisation's profile; raises Problem(NOT_FOUND)."""
    row = Profile.objects.filter(pk=profile, organisation=opened.organisation).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    row.organisation = opened.organisation
    return row


def _findings(organisation: Organisation, profile: str, known: Profiles, fields: Mapping[str, Any]) -> list[Finding]:
    chains = [known.layers(group) for group in groups(organisation) if profile in dict(group.chain).values()]
    # Nobody lives by it yet: judged as if a department did.
    above = organisation.profile.settings if organisation.profile is not None else {}
    alone = [Layer(Level.ORGANISATION, "", above), Layer(Level.DEPARTMENT, "", fields)]
    return findings_of(chains or [alone])


def _check(opened: OpenAct, profile: Profile, fields: Mapping[str, Any]) -> None:
    profile.organisation = opened.organisation
    refuse_errors(findings(profile, fields))


def _resolved(chain: list[Layer]) -> Settings:
    try:
        return as_written(chain).settings
    except msgspec.ValidationError as error:
        raise _malformed(error) from error


def _malformed(error: msgspec.ValidationError) -> Problem:
    text = str(error)
    path = text.rpartition("at `$.")[2].rstrip("`") if "at `$." in text else text.partition(":")[0]
    return Problem(Code.MALFORMED, detail={"path": path[:120]})


def _name(name: str) -> str:
    cleaned = name.strip()
    if not 0 < len(cleaned) <= NAME_CHARACTERS or not cleaned.isprintable():
        raise Problem(Code.MALFORMED, detail={"path": "name"})
    return cleaned


def _keep(opened: OpenAct, profile: Profile, act: Act, detail: dict[str, str], put_back: int | None = None) -> None:
    ProfileVersion.objects.create(
        organisation=opened.organisation,
        profile=profile,
        number=profile.version,
        name=profile.name,
        settings=profile.settings,
        time_ms=now_ms(),
        actor_kind=opened.actor.kind.value,
        actor=opened.actor.id,
        put_back=put_back,
    )
    opened.write(act, Thing("profile", profile.id), detail)
    web.tell_sessions(opened)
