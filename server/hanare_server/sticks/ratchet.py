"""The generation: the counter that tells a copied stick from its original (docs/protocol.md, "Ratchet").

n is the last generation that the stick confirmed. A stick that shows n, or the one that it was offered after n, is
offered one that nobody was ever offered before. Any other shows an old copy, or the original after its copy was used:
nobody can tell which, so the stick is quarantined with its twin, and whatever session it has ends. The audit row says
which generation was seen when, from where and with whom, for both. After a restored backup each stick may once be
ahead of what we remember.
"""

from typing import NamedTuple

from hanare_core.problems import Code
from hanare_server.access import sessions
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick


class Sighting(NamedTuple):
    """A stick that shows its generation: from where, and who proved a PIN on it."""

    generation: int
    source: str
    user: str
    line: str = ""
    """Its address on the internet, where it was asked for: copy and original have the same door."""


def is_stale(stick: Stick, generation: int) -> bool:
    """Say whether `offer` would quarantine the stick that shows this generation."""
    ahead = stick.may_be_ahead and generation > stick.highest
    return not ahead and generation not in (stick.offered, stick.generation)


def offer(opened: OpenAct, stick: Stick, seen: Sighting) -> int | None:
    """Return the generation to write next, or None after quarantining the stick. Inside an act."""
    shown = seen.generation
    if stick.may_be_ahead and shown > stick.highest:
        _adopt_ahead(opened, stick, seen)
    elif stick.offered is not None and shown == stick.offered:
        # The stick wrote it, and its confirm was lost: what it shows is the confirmation.
        stick.generation = shown
    elif is_stale(stick, shown):
        _quarantine(opened, stick, seen)
        return None
    stick.offered = stick.highest = max(stick.highest, shown) + 1
    stick.save(update_fields=["generation", "offered", "highest", "may_be_ahead"])
    return stick.offered


def confirm(stick: Stick, seen: Sighting) -> None:
    """Note that the stick has written the generation; repeated confirms change nothing."""
    if stick.offered != seen.generation:
        return
    stick.generation, stick.offered, stick.may_be_ahead = seen.generation, None, False
    stick.seen_ms, stick.seen_source, stick.seen_user = now_ms(), seen.source, seen.user
    stick.seen_line = ""
    seen_fields = ["seen_ms", "seen_source", "seen_line", "seen_user"]
    stick.save(update_fields=["generation", "offered", "may_be_ahead", *seen_fields])


def _adopt_ahead(opened: OpenAct, stick: Stick, seen: Sighting) -> None:
    detail = {"shown": str(seen.generation), "remembered": str(stick.generation), "source": seen.source}
    opened.write(Act.GENERATION_ADOPTED, Thing("stick", stick.id), detail)
    stick.generation, stick.may_be_ahead = seen.generation, False


def _quarantine(opened: OpenAct, stick: Stick, seen: Sighting) -> None:
    opened.write(Act.QUARANTINED, Thing("stick", stick.id), _both(stick, seen))
    open_sessions = Session.objects.filter(stick=stick, state=Session.State.OPEN)
    sessions.end_all(opened, open_sessions, Code.STICK_QUARANTINED, now_ms=now_ms())
    stick.state, stick.stale_shown, stick.offered = Stick.State.QUARANTINED, seen.generation, None
    stick.highest = max(stick.highest, seen.generation)
    opened.raise_epoch()
    opened.touch(stick)


def _both(stick: Stick, seen: Sighting) -> dict[str, str]:
    """Say of each of the two which generation it has, and when, where and with whom it was seen."""
    return {
        "shown": str(seen.generation),
        "shown_ms": str(now_ms()),
        "shown_source": seen.source,
        "shown_line": seen.line,
        "shown_user": seen.user,
        "expected": str(stick.generation),
        "expected_ms": str(stick.seen_ms or 0),
        "expected_source": stick.seen_source,
        "expected_line": stick.seen_line,
        "expected_user": stick.seen_user,
    }
