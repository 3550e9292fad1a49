"""Profiles written and assigned by a program: by the console's rules, so what loosens is asked for and waits (202)."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from hanare_core.problems import Code, Problem
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.directory_shapes import Name, ProfileRow
from hanare_server.api.shapes import Id, Number, Reason, Standing
from hanare_server.api.things import Identifier
from hanare_server.approvals.models import Request
from hanare_server.console import scope
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Profile
from hanare_server.profiles import assignment_page, change
from hanare_server.profiles.models import ProfileVersion
from hanare_server.profiles.resolve import Level
from hanare_server.profiles.saving import ask_or_save

VERSIONS_SHOWN: Final = 100
LARGEST_NUMBER: Final = 2**31 - 1
"""As the database has numbers of versions."""

router = Router()


class ProfileWanted(Schema):
    """What a profile is to be in place of the version that the program has read; a setting left out is inherited."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    name: Name
    settings: dict[str, Any]
    reason: Reason = Field(default_factory=str)
    """For the second person, where it loosens."""


class PuttingBack(Schema):
    """Which older version is to hold again in place of the version that the program has read."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    number: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    reason: Reason = Field(default_factory=str)
    """For the second person, where it loosens."""


class VersionRow(Schema):
    """A profile as it was from a time on."""

    number: int
    name: str
    settings: dict[str, Any]
    time_ms: int
    actor_kind: str
    actor: str
    put_back: int | None
    """The older version that this one brought back."""


class Versions(Schema):
    """The newest versions, the newest first."""

    versions: list[VersionRow]


class Assigning(Schema):
    """By which profile a department or user is to live."""

    model_config = ConfigDict(extra="forbid")

    profile: Id | None
    """None: by what is above."""
    reason: Reason = Field(default_factory=str)
    """For the second person, where it loosens."""


@router.put("/profiles/{identifier}", response=answers(ProfileRow, waiting=True), **demands(Permission.SETTINGS_EDIT))
def save(request: HttpRequest, identifier: Identifier, wanted: ProfileWanted) -> Status[ProfileRow | Standing]:
    """Save the settings, or ask for them (202) where they loosen; 409 when the version is no longer the newest."""
    edited = change.Edit(wanted.version, wanted.name, wanted.settings)
    return _saved(request, identifier, lambda _: edited, wanted.reason)


@router.get("/profiles/{identifier}/versions", response=answers(Versions), **demands(Permission.SETTINGS_READ))
def versions(request: HttpRequest, identifier: Identifier) -> Versions:
    """List the newest versions of a profile, the newest first."""
    profile = scope.one(account_of(request), Profile, identifier)
    found = ProfileVersion.objects.filter(profile=profile).order_by("-number")[:VERSIONS_SHOWN]
    return Versions(versions=[VersionRow.from_orm(row) for row in found])


@router.post(
    "/profiles/{identifier}/put-back", response=answers(ProfileRow, waiting=True), **demands(Permission.SETTINGS_EDIT)
)
def put_back(request: HttpRequest, identifier: Identifier, wanted: PuttingBack) -> Status[ProfileRow | Standing]:
    """Bring an older version back as the newest one, or ask for it (202) where that loosens."""
    older = partial(change.edit_back, number=wanted.number, version=wanted.version)
    return _saved(request, identifier, older, wanted.reason)


@router.put(
    "/departments/{identifier}/profile", response=answers(Standing, waiting=True), **demands(Permission.SETTINGS_EDIT)
)
def assign_to_department(request: HttpRequest, identifier: Identifier, wanted: Assigning) -> Status[Standing]:
    """Have a department live by a profile, or ask for it (202) where that loosens; 409 where the lint refuses it."""
    return _assigned(request, Level.DEPARTMENT, identifier, wanted)


@router.put(
    "/users/{identifier}/profile", response=answers(Standing, waiting=True), **demands(Permission.SETTINGS_EDIT)
)
def assign_to_user(request: HttpRequest, identifier: Identifier, wanted: Assigning) -> Status[Standing]:
    """Have a user live by a profile, or ask for it (202) where that loosens; 409 where the lint refuses it."""
    return _assigned(request, Level.USER, identifier, wanted)


def _saved(
    request: HttpRequest, identifier: str, edit_of: Callable[[Profile], change.Edit], reason: str
) -> Status[ProfileRow | Standing]:
    account = account_of(request)
    profile = scope.one(account, Profile, identifier)
    try:
        saved = ask_or_save(account, profile, edit_of(profile), reason)
    except change.RefusedByLint as refused:
        raise Problem(Code.CONFLICT, detail={"path": f"body.settings.{refused.findings[0].field}"}) from refused
    if isinstance(saved, Request):
        return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))
    return Status(HTTPStatus.OK, ProfileRow.from_orm(saved))


def _assigned(request: HttpRequest, level: Level, identifier: str, wanted: Assigning) -> Status[Standing]:
    account = account_of(request)
    holder = assignment_page.holder_seen(account, level.value, identifier)
    profile = scope.one(account, Profile, wanted.profile).pk if wanted.profile is not None else None
    try:
        asked = assignment_page.ask_or_assign(account, holder, profile, wanted.reason)
    except change.RefusedByLint as refused:
        raise Problem(Code.CONFLICT, detail={"path": f"body.profile.{refused.findings[0].field}"}) from refused
    if asked is not None:
        return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))
    return Status(HTTPStatus.OK, Standing(state="assigned"))
