"""What the worker does every round: ends what is over, fetches late receipts, clears what has run out.

A session ends here by the decision (hours, permission, a changed profile), at its hard end, or without a packet
for SILENT_MS. The last rests on facts of the hub: when it does not answer nobody is silent, and nobody is ended.
The data plane is the only heartbeat: nothing is written for a session that goes on.
"""

import logging
from typing import Final

from hanare_core import log_lines
from hanare_core.messages.local import FactsAnswer
from hanare_core.problems import Code
from hanare_core.ticket import Factor
from hanare_server import hub_client
from hanare_server.access import adopt, crowd, facts, misuse, reassigned, receipts, sessions
from hanare_server.access.act import act
from hanare_server.access.decision import decide
from hanare_server.access.models import Session
from hanare_server.audit.log import SYSTEM
from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.directory.models import Organisation
from hanare_server.sockets import Unreachable

SILENT_MS: Final = 5 * MINUTE_MS
"""Without a packet for so long a session has ended: FreeRDP and WireGuard speak several times a minute."""

_log: Final = logging.getLogger(__name__)


def round_of(organisation: Organisation) -> int:
    """End what is over in one organisation and fetch late receipts; return how many sessions ended."""
    known = _known(organisation.id)
    seen = None
    if known is not None:
        adopt.adopt(organisation, known.kept)
        seen = _last_packets(organisation.id, known)
        misuse.look(organisation, known.facts)
    now = now_ms()
    over = [one.id for one in crowd.open_sessions(organisation.id, now) if _seems_over(one, seen, now)]
    ended = [identifier for identifier in over if _end(organisation.id, identifier, seen)]
    missing = receipts.missing(organisation.id, now_ms())
    if missing:
        receipts.collect(organisation.id, missing, wait_ms=1)
    return len(ended)


_RELATED: Final = ("stick", "user__department__profile", "user__profile", "organisation__profile")

_Facts = dict[str, int] | None
"""Last packet by session, server time in milliseconds; None: the hub did not answer."""


def _end(organisation: str, identifier: str, seen: _Facts) -> bool:
    """Look again under the lock, and end the session if it is still over."""
    with act(organisation, SYSTEM) as opened:
        session = Session.objects.select_related(*_RELATED).get(pk=identifier)
        verdict = _verdict(session, seen) if session.state == Session.State.OPEN else None
        if verdict is None:
            return False
        reason, ended_ms = verdict
        sessions.end_session(opened, session, reason, now_ms=now_ms(), ended_ms=ended_ms)
    log_lines.event(_log, logging.INFO, "a session was over", session=identifier, code=reason.value)
    return True


def _seems_over(one: crowd.Open, seen: _Facts, now: int) -> bool:
    """Say whether the session is to be looked at under the lock."""
    return bool(now >= one.ends_ms or _silence(one.id, one.opened_ms, seen, now) or reassigned.reason_against(one))


def _verdict(session: Session, seen: _Facts) -> tuple[Code, int] | None:
    """Return why and when the session ended, or None if it goes on."""
    now = now_ms()
    if now >= session.ends_ms:
        return _end_of_time(session), session.ends_ms
    found = crowd.open_sessions(session.organisation_id, now, [session.user_id])
    reason = next((reassigned.reason_against(one) for one in found if one.id == session.id), None)
    if reason is not None:
        return reason, now
    return _silence(session.id, session.opened_ms, seen, now)


def _end_of_time(session: Session) -> Code:
    """Name the rule that set the hard end: the hours or permission if they refuse then, else the 12 hours."""
    factors = [Factor(factor) for factor in session.factors]
    question = facts.gather(session.organisation, session.stick, session.user, factors=factors, now_ms=session.ends_ms)
    timed = [code for code in decide(question) if code in (Code.OUT_OF_HOURS, Code.PERMISSION_EXPIRED)]
    return timed[0] if timed else Code.HARD_END


def _silence(session: str, opened_ms: int, seen: _Facts, now: int) -> tuple[Code, int] | None:
    if seen is None:
        return None
    last = max(seen.get(session, 0), opened_ms)
    if now - last >= SILENT_MS:
        return Code.LOST_CONTACT, last
    return None


def _known(organisation: str) -> FactsAnswer | None:
    try:
        return hub_client.facts(organisation)
    except Unreachable:
        return None


def _last_packets(organisation: str, known: FactsAnswer) -> dict[str, int]:
    by_lease = {fact.lease: fact.last_packet_ms for fact in known.facts}
    present = sessions.lease_sessions(organisation)
    seen: dict[str, int] = {}
    for lease, session in present:
        seen[session] = max(seen.get(session, 0), by_lease.get(lease, 0))
    return seen
