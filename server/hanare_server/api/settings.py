"""Profiles written and assigned by a program: by the console's rules, so what loosens is asked for and waits (202)."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.directory_shapes import Name
from hanare_server.api.shapes import Id, Number, ProfileRow, Standing
from hanare_server.api.things import Identifier, actor
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening
from hanare_server.console import scope
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Profile
from hanare_server.profiles import assignment_page, change, loosens, prospects
from hanare_server.profiles.resolve import Level

WHY_CHARACTERS: Final = 500

router = Router()


class ProfileWanted(Schema):
    """What a profile is to be in place of the version that the program has read; a setting left out is inherited."""

    model_config = ConfigDict(extra="forbid")

    version: Number
    name: Name
    settings: dict[str, Any]
    reason: Annotated[str, Field(max_length=WHY_CHARACTERS)] = Field(default_factory=str)
    """For the second person, where it loosens."""


class Assigning(Schema):
    """By which profile a department or user is to live."""

    model_config = ConfigDict(extra="forbid")

    profile: Id | None
    """None: by what is above."""
    reason: Annotated[str, Field(max_length=WHY_CHARACTERS)] = Field(default_factory=str)
    """For the second person, where it loosens."""


@router.put("/profiles/{identifier}", response=answers(ProfileRow, waiting=True), **demands(Permission.SETTINGS_EDIT))
def save(request: HttpRequest, identifier: Identifier, wanted: ProfileWanted) -> Status[ProfileRow | Standing]:
    """Save the settings, or ask for them (202) where they loosen; 409 when the version is no longer the newest."""
    account = account_of(request)
    profile = scope.one(account, Profile, identifier)
    profile.organisation = account.here
    edited = change.Edit(wanted.version, wanted.name, wanted.settings)
    try:
        if loosens.of(prospects.of_fields(account.here, profile, edited.fields)):
            change.check(profile, edited.name, edited.fields)
            what = {"profile": profile.pk, **edited._asdict()}
            requests.ask(account, Loosening.CHANGE_PROFILE, what, wanted.reason)
            return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))
        with act(account.here.pk, actor(account)) as opened:
            saved = change.save(opened, profile.pk, edited)
    except change.RefusedByLint as refused:
        raise Problem(Code.CONFLICT, detail={"path": f"body.settings.{refused.findings[0].field}"}) from refused
    return Status(HTTPStatus.OK, ProfileRow.from_orm(saved))


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
