"""The generation: the counter that tells a copied stick from its original (docs/protocol.md, "Ratchet").

n is the last generation that the stick confirmed. A stick that shows n, or n + 1 after it was offered, is
offered the one after. Any other shows an old copy, or the original after its copy was used: nobody can tell
which, so the stick is quarantined with its twin, and whatever session it has ends.
"""

from hanare_core.problems import Code
from hanare_server.access import sessions
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick


def offer(opened: OpenAct, stick: Stick, shown: int) -> int | None:
    """Return the generation to write next, or None after quarantining the stick. Inside an act."""
    if stick.offered is not None and shown == stick.offered:
        # The stick wrote it, and its confirm was lost: what it shows is the confirmation.
        stick.generation = shown
    elif shown != stick.generation:
        _quarantine(opened, stick, shown)
        return None
    stick.offered = stick.generation + 1
    stick.save(update_fields=["generation", "offered"])
    return stick.offered


def confirm(stick: Stick, generation: int) -> None:
    """Note that the stick has written the generation; repeated confirms change nothing."""
    if stick.offered == generation:
        stick.generation, stick.offered = generation, None
        stick.save(update_fields=["generation", "offered"])


def _quarantine(opened: OpenAct, stick: Stick, shown: int) -> None:
    detail = {"shown": str(shown), "expected": str(stick.generation)}
    opened.write(Act.QUARANTINED, Thing("stick", stick.id), detail)
    open_sessions = Session.objects.filter(stick=stick, state=Session.State.OPEN)
    sessions.end_all(opened, open_sessions, Code.STICK_QUARANTINED, now_ms=now_ms())
    stick.state = Stick.State.QUARANTINED
    opened.raise_epoch()
    opened.touch(stick)
