"""Settings that hold for somebody: defaults, then organisation, department and user, each over the one before.

Field by field the nearest profile that sets it wins. A profile's standard holds whatever the nearer ones say:
where LGWAN is asked for anywhere on the way, no second factor becomes any second factor.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from hanare_core.profile import FIELDS, SecondFactor, Settings, Standard
from hanare_server.directory.models import Department, Organisation, Profile, User


class Level(StrEnum):
    """Where a value comes from, farthest first."""

    DEFAULT = "default"
    ORGANISATION = "organisation"
    DEPARTMENT = "department"
    USER = "user"


class Layer(NamedTuple):
    """What one level says."""

    level: Level
    profile: str
    """The profile's name, for people."""
    fields: Mapping[str, Any]


class Resolved(NamedTuple):
    """The settings, and for each field the layer that it comes from."""

    settings: Settings
    origins: dict[str, Layer]


DEFAULT = Layer(Level.DEFAULT, "", {})


def settings_of(organisation: Organisation, user: User | None, department: Department | None = None) -> Settings:
    """Return the settings that hold for this user, or for a stick of this department before anybody signed in."""
    return resolve(layers_of(organisation, user, department)).settings


def layers_of(organisation: Organisation, user: User | None, department: Department | None = None) -> list[Layer]:
    """Return the layers that apply, farthest first; a user's department counts, not the one that is passed."""
    own = user.profile if user is not None else None
    department = user.department if user is not None else department
    return layers(organisation.profile, department.profile if department is not None else None, own)


def resolve(layers: Iterable[Layer]) -> Resolved:
    """Return what holds; raises msgspec.ValidationError when the layers contradict each other."""
    settings, origins = as_written(layers)
    if settings.standard is Standard.LGWAN and settings.second_factor is SecondFactor.NONE:
        settings = msgspec.structs.replace(settings, second_factor=SecondFactor.ANY)
    return Resolved(settings, origins)


def as_written(layers: Iterable[Layer]) -> Resolved:
    """Return what the layers say, with the strictest standard of the way but without its floor: for the lint."""
    merged: dict[str, Any] = {}
    origins = dict.fromkeys(FIELDS, DEFAULT)
    for layer in layers:
        kept = {"standard"} if merged.get("standard") == Standard.LGWAN else set()
        said = {field: value for field, value in layer.fields.items() if field not in kept}
        merged.update(said)
        origins.update(dict.fromkeys(said, layer))
    return Resolved(msgspec.convert(merged, Settings), origins)


def layers(organisation: Profile | None, department: Profile | None, user: Profile | None) -> list[Layer]:
    """Return the layers of these three profiles, farthest first."""
    return [_layer(Level.ORGANISATION, organisation), _layer(Level.DEPARTMENT, department), _layer(Level.USER, user)]


def _layer(level: Level, profile: Profile | None) -> Layer:
    return Layer(level, profile.name, profile.settings) if profile is not None else Layer(level, "", {})
