"""What a change would do before it is saved: each user's settings resolved before and after."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from hanare_core.profile import FIELDS, Settings
from hanare_core.web_application import WebApplication
from hanare_server.profiles.prospects import Prospect

Value = Any


class Effect(NamedTuple):
    """One field that becomes another for so many users. Web applications are told one by one."""

    field: str
    before: Value
    """None: they did not have this web application."""
    after: Value
    """None: they lose this web application."""
    users: int


def effects(prospects: Iterable[Prospect]) -> list[Effect]:
    """Return what would change, most users first.

    Raises msgspec.ValidationError when the settings contradict what somebody inherits.
    """
    counted: Counter[tuple[str, Value, Value]] = Counter()
    for each in prospects:
        for change in differences(each.before, each.after):
            counted[change] += each.users
    found = [Effect(*change, users) for change, users in counted.items() if users]
    return sorted(found, key=lambda effect: (-effect.users, FIELDS.index(effect.field)))


def differences(before: Settings, after: Settings) -> list[tuple[str, Value, Value]]:
    """Return (field, before, after) of every field that differs."""
    found: list[tuple[str, Value, Value]] = []
    for field in FIELDS:
        old, new = getattr(before, field), getattr(after, field)
        if field == "web_applications":
            found += _applications(old, new)
        elif old != new:
            found.append((field, old, new))
    return found


def _applications(
    before: tuple[WebApplication, ...], after: tuple[WebApplication, ...]
) -> list[tuple[str, WebApplication | None, WebApplication | None]]:
    old, new = {one.id: one for one in before}, {one.id: one for one in after}
    return [
        ("web_applications", old.get(identifier), new.get(identifier))
        for identifier in dict.fromkeys((*old, *new))
        if old.get(identifier) != new.get(identifier)
    ]


def field_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Value, Value]]:
    """Return (field, before, after) of two versions of one profile; msgspec.UNSET: inherited."""
    pairs = [(field, before.get(field, msgspec.UNSET), after.get(field, msgspec.UNSET)) for field in FIELDS]
    return [(field, old, new) for field, old, new in pairs if old != new]
