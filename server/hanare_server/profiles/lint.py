"""Reads settings like an auditor: what forbids saving, what is worth a second thought, and why.

Each rule looks at the settings that hold, not at one profile's own fields, so a department is judged with what it
inherits. A finding carries its text in the reader's language and the document that asks for it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_core.profile import DAY_MINUTES, LoanRule, SecondFactor, Settings, Standard, Zone
from hanare_server.profiles.requirements import CH, G5, LG, LGWAN_PIN_CHARACTERS, LOCK_MINUTES, NIST


class Weight(StrEnum):
    """What a finding does."""

    ERROR = "error"
    """The profile cannot be saved."""
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """One thing that the lint has to say about one field."""

    weight: Weight
    field: str
    text: str | Promise
    source: str
    """The document that asks for it, by its own title; empty: our own advice."""


def lint(settings: Settings) -> list[Finding]:
    """Return the findings, errors first."""
    found = [finding for rule in _RULES if (finding := rule(settings)) is not None]
    return sorted(found, key=lambda finding: list(Weight).index(finding.weight))


def _lgwan_factor(settings: Settings) -> Finding | None:
    if settings.standard is not Standard.LGWAN or settings.second_factor is not SecondFactor.NONE:
        return None
    text = gettext_lazy(
        "A profile for the LGWAN cannot be without a second factor. Choose one-time digits, a security key, or either."
    )
    return Finding(Weight.ERROR, "second_factor", text, LG)


def _nist_composition(settings: Settings) -> Finding | None:
    if settings.standard is not Standard.NIST or not settings.pin_composition:
        return None
    text = gettext_lazy(
        "NIST forbids rules on the kinds of characters: they make people choose predictable PINs. Ask for more length."
    )
    return Finding(Weight.ERROR, "pin_composition", text, NIST)


def _lgwan_pin(settings: Settings) -> Finding | None:
    kept = settings.pin_composition and settings.pin_characters >= LGWAN_PIN_CHARACTERS
    if settings.standard is not Standard.LGWAN or kept:
        return None
    text = gettext_lazy(
        "The LGWAN requirements ask for rules on length and kinds of characters: eight characters, letters and digits."
    )
    return Finding(Weight.WARNING, "pin_characters", text, LG)


def _lgwan_zone(settings: Settings) -> Finding | None:
    beyond = set(settings.zones or Zone) - {Zone.LGWAN}
    if settings.standard is not Standard.LGWAN or not beyond:
        return None
    text = gettext_lazy("A profile for the LGWAN opens other zones as well. Permit the LGWAN zone only.")
    return Finding(Weight.WARNING, "zones", text, CH)


def _lgwan_web(settings: Settings) -> Finding | None:
    if settings.standard is not Standard.LGWAN or not settings.web_applications:
        return None
    text = gettext_lazy(
        "Web applications on the internet beside the LGWAN need the α′ model and its risk assessment. Keep the proof."
    )
    return Finding(Weight.WARNING, "web_applications", text, CH)


def _no_watermark(settings: Settings) -> Finding | None:
    if settings.watermark:
        return None
    text = gettext_lazy("Without the watermark a photographed screen does not say who was working.")
    return Finding(Weight.WARNING, "watermark", text, LG)


def _best_effort(settings: Settings) -> Finding | None:
    if settings.grace_ms == 0:
        return None
    text = gettext_lazy(
        "While the server is out of reach a stopped session may go on for the lease time and this grace together."
    )
    return Finding(Weight.WARNING, "grace_ms", text, "NIST SP 800-207")


def _late_lock(settings: Settings) -> Finding | None:
    if settings.idle_lock_minutes <= LOCK_MINUTES:
        return None
    text = gettext_lazy("The screen stays open for more than 15 minutes when nobody is there.")
    return Finding(Weight.WARNING, "idle_lock_minutes", text, LG)


def _goes_on(settings: Settings) -> Finding | None:
    if settings.pull_out.value != "go-on":
        return None
    text = gettext_lazy("The session goes on after the stick was pulled out: who leaves with the stick leaves it open.")
    return Finding(Weight.NOTE, "pull_out", text, "")


def _no_loan_rule(settings: Settings) -> Finding | None:
    if settings.loan_rule is not LoanRule.NONE:
        return None
    text = gettext_lazy("Any user of the organisation may use any stick, whoever it was lent to.")
    return Finding(Weight.NOTE, "loan_rule", text, G5)


def _round_the_clock(settings: Settings) -> Finding | None:
    if settings.until_minute - settings.from_minute < DAY_MINUTES:
        return None
    text = gettext_lazy("Work is allowed round the clock; late work then shows only in the report of working hours.")
    return Finding(Weight.NOTE, "from_minute", text, "")


_RULES: Final[tuple[Callable[[Settings], Finding | None], ...]] = (
    _lgwan_factor,
    _nist_composition,
    _lgwan_pin,
    _lgwan_zone,
    _lgwan_web,
    _no_watermark,
    _best_effort,
    _late_lock,
    _goes_on,
    _no_loan_rule,
    _round_the_clock,
)
