"""Which changes of settings loosen: those take two people. Everything else, a stop above all, takes one.

Settings are compared as they hold for the users who live by the profile, not as they are written: a field that a
standard's floor covers anyway loosens nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from hanare_core.profile import FIELDS, LoanRule, PullOut, SecondFactor, Settings, Standard
from hanare_server.profiles.prospects import Prospect


def of(prospects: Iterable[Prospect]) -> list[str]:
    """Return the fields that would be loosened for somebody.

    Settings that contradict each other loosen nothing: they cannot be saved.
    """
    found: set[str] = set()
    try:
        for each in prospects:
            found |= loosened(each.before, each.after) if each.concerns else set()
    except msgspec.ValidationError:
        return []
    return [field for field in FIELDS if field in found]


def loosened(before: Settings, after: Settings) -> set[str]:
    """Return the fields that are looser after than before."""
    return {field for field, looser in LOOSER.items() if looser(getattr(before, field), getattr(after, field))}


_Looser = Callable[[Any, Any], bool]


def _less(before: Any, after: Any) -> bool:
    return bool(after < before)


def _more(before: Any, after: Any) -> bool:
    return bool(after > before)


def _adds(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    return any(one not in before for one in after)


def _widens(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Return whether more zones may be reached; none named means every one."""
    return bool(before) and (not after or _adds(before, after))


def _leaves(before: Standard, after: Standard) -> bool:
    return before is not Standard.NONE and after is not before


def _rarer(before: int, after: int) -> bool:
    """Return whether it takes more alerts to suspend; 0 is never."""
    return before != 0 and (after == 0 or after > before)


def _falls(*weakest_first: Any) -> _Looser:
    return lambda before, after: weakest_first.index(after) < weakest_first.index(before)


def _weaker_factor(before: SecondFactor, after: SecondFactor) -> bool:
    return _STRENGTH[after] < _STRENGTH[before]


_STRENGTH: Final = {SecondFactor.NONE: 0, SecondFactor.ANY: 1, SecondFactor.TOTP: 1, SecondFactor.FIDO2: 2}

LOOSER: Final[dict[str, _Looser]] = {
    "standard": _leaves,
    "web_applications": _adds,
    "second_factor": _weaker_factor,
    "pin_characters": _less,
    "pin_composition": _less,
    "loan_rule": _falls(LoanRule.NONE, LoanRule.DEPARTMENT, LoanRule.HOLDER),
    "zones": _widens,
    "vm_allowed": _more,
    "weekdays": _adds,
    "from_minute": _less,
    "until_minute": _more,
    "image_floor": _less,
    "lease_ttl_ms": _more,
    "grace_ms": _more,
    "session_ms": _more,
    "idle_lock_minutes": _more,
    "idle_end_minutes": _more,
    "pull_out": _falls(PullOut.GO_ON, PullOut.LOCK),
    "microphone": _more,
    "watermark": _less,
    "overdue_suspends": _less,
    "misuse_suspends": _rarer,
}

COMFORT: Final = frozenset({"language", "keyboard", "sound", "name_remembered", "notice_minutes"})
"""Fields that loosen nothing, whatever they say. Every other field has its rule above."""
