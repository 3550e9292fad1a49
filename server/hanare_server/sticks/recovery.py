"""The ways out of a quarantine and of a restored backup.

A quarantined stick is either retired, and another one written with new keys: the only answer to a real theft, since a
copy keeps its keys for ever. Or two people say which of the two generations is the original's (a backup image that
somebody plugged in); the other one quarantines again as soon as it shows itself. Callers see to the second person.
"""

from collections.abc import Iterator

from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_server import keyd_client
from hanare_server.access import sessions
from hanare_server.access.act import OpenAct, act
from hanare_server.access.models import Session
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Stick, User


def confirm_original(opened: OpenAct, identifier: str, generation: int) -> None:
    """Let the one with this generation work again; raises Problem(NOT_FOUND, or CONFLICT if it was not seen)."""
    stick = _stick(opened.organisation.pk, identifier)
    quarantined = stick.state == Stick.State.QUARANTINED
    if not quarantined or generation not in (stick.generation, stick.stale_shown):
        raise Problem(Code.CONFLICT, detail={"state": stick.state})
    stick.state, stick.generation, stick.stale_shown = Stick.State.ACTIVE, generation, None
    opened.raise_epoch()
    opened.touch(stick)
    opened.write(Act.ORIGINAL_CONFIRMED, Thing("stick", stick.id), {"generation": str(generation)})


def retire(organisation: str, actor: Actor, identifier: str, state: Stick.State) -> None:
    """Take the stick out of use for ever, as revoked or replaced: its door goes. Repeated, it changes nothing."""
    if state not in Stick.RETIRED:
        raise ValueError(f"{state} is no end of a stick")
    with act(organisation, actor) as opened:
        stick = _stick(organisation, identifier)
        if stick.state in Stick.RETIRED:
            return
        open_sessions = Session.objects.filter(stick=stick, state=Session.State.OPEN)
        sessions.end_all(opened, open_sessions, Code.STICK_UNKNOWN, now_ms=now_ms())
        stick.state = state
        opened.raise_epoch()
        opened.touch(stick)
        opened.write(Act.RETIRED, Thing("stick", stick.id), {"state": state.value})


def allow_ahead(organisation: str, actor: Actor) -> int:
    """After the server's restore: let every stick be ahead once; return how many sticks that are."""
    with act(organisation, actor) as opened:
        sticks = Stick.objects.filter(organisation=organisation)
        count = sticks.exclude(state__in=Stick.RETIRED).update(may_be_ahead=True)
        opened.write(Act.RESTORED, Thing("organisation", organisation), {"part": "server", "sticks": str(count)})
    return count


def reconcile_keyd(organisation: str, actor: Actor) -> list[str]:
    """After keyd's restore: have it destroy again what we know to be destroyed; return the users who need a code."""
    destroyed: list[str] = []
    for keys in _batches(organisation):
        request = keyd.ReconcileRequest(organisation=organisation, user_keys=keys)
        destroyed += keyd_client.ask(request, keyd.ReconcileAnswer).destroyed
    with act(organisation, actor) as opened:
        User.objects.filter(pk__in=destroyed).update(envelope="", user_key="")
        opened.write(Act.RESTORED, Thing("organisation", organisation), {"part": "keyd", "users": str(len(destroyed))})
    return destroyed


def _stick(organisation: str, identifier: str) -> Stick:
    stick = Stick.objects.filter(pk=identifier, organisation=organisation).first()
    if stick is None:
        raise Problem(Code.NOT_FOUND)
    return stick


def _batches(organisation: str) -> Iterator[dict[str, str]]:
    """Yield every user's present public key; one who is gone has none."""
    users = User.objects.filter(organisation=organisation).order_by("id")
    keys = [(user.id, "" if user.state == User.State.GONE else user.user_key) for user in users]
    for start in range(0, len(keys), keyd.RECONCILE_USERS):
        yield dict(keys[start : start + keyd.RECONCILE_USERS])
