"""Notices: the kiosk's own words, and the agent's refusals, each in both languages."""

from collections.abc import Callable

from msgspec.structs import replace

from hanare_stick.control_messages import Refused, Said
from hanare_stick.kiosk.state import Notice
from hanare_stick.kiosk.words import LANGUAGES, Language, word


def own_notice(key: str, *, good: bool = False, **values: object) -> Notice:
    """Return a notice of the kiosk's own words `<key>-title` and `<key>-next`."""
    notice = in_both(lambda one: (word(f"{key}-title", one, **values), word(f"{key}-next", one, **values)))
    return replace(notice, good=good)


def in_both(said: Callable[[Language], tuple[str, str]]) -> Notice:
    """Return the notice that says (what happened, what to do) so in each language."""
    ja, en = map(said, LANGUAGES)
    return Notice(ja, en)


def refusal(event: Refused) -> Notice:
    """Return the notice of a refusal, with its code."""
    return Notice(_said(event.ja), _said(event.en), event.code.value)


def _said(said: Said | None) -> tuple[str, str]:
    return (said.title, said.next) if said is not None else ("", "")
