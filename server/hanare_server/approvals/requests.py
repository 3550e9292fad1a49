"""Asks for what takes two people, approves, refuses and carries it out: each one act with its audit row.

The organisation's lock puts two approvals of one request in order; the second finds it decided. What is approved is
carried out in the same transaction. An office with one administrator confirms by second factor, waits, and then
carries out; its auditors were told by mail when it asked and when it confirmed. Whom a request is about is told by mail
and may refuse it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import OpenAct, act
from hanare_server.approvals import loosening, mails, people
from hanare_server.approvals.loosening import NEEDS, What
from hanare_server.approvals.models import Loosening, MassStop, Request
from hanare_server.audit.log import SYSTEM, Act, Actor, ActorKind, Thing
from hanare_server.clock import HOUR_MS, MINUTE_MS, now_ms
from hanare_server.console import proof
from hanare_server.console.models import Administrator
from hanare_server.console.roles import may
from hanare_server.directory.models import Organisation

LIFE_MS: Final = HOUR_MS
"""After an hour nobody remembers exactly what was asked for."""

WAIT_MS: Final = 10 * MINUTE_MS
"""So long a lone administrator waits: time for an auditor who reads the mail to call."""

REASON_CHARACTERS: Final = 500


def ask(account: Administrator, wanted: Loosening, what: What, reason: str = "") -> Request:
    """Write the request down; the same one that waits already is given back.

    Raises Problem(NOT_PERMITTED, NOT_FOUND), or CONFLICT when the target is not as `what` says.
    """
    if not may(account.role, NEEDS[wanted]):
        raise Problem(Code.NOT_PERMITTED)
    with act(account.here.pk, _actor(account)) as opened:
        payload = loosening.payload_of(opened.organisation, wanted, what)
        now, digest = now_ms(), loosening.hash_of(payload)
        known = Request.objects.filter(
            organisation=opened.organisation,
            requester=account,
            payload_hash=digest,
            state=Request.State.WAITING,
            expires_ms__gt=now,
        ).first()
        if known is not None:
            return known
        row = Request.objects.create(
            id=identifiers.new("req"),
            organisation=opened.organisation,
            act=wanted,
            payload=payload,
            payload_hash=digest,
            reason=reason.strip()[:REASON_CHARACTERS],
            requester=account,
            asked_ms=now,
            expires_ms=now + LIFE_MS,
        )
        _write(opened, Act.APPROVAL_ASKED, row, {"why": row.reason} if row.reason else {})
    subject = loosening.subject_of(payload)
    mails.tell_subject(row, subject)
    if people.is_alone(account, subject):
        mails.tell_auditors(row)
    return row


def approve(account: Administrator, identifier: str, seen_hash: str) -> Request:
    """Approve exactly what was seen, and carry it out.

    Raises Problem(NOT_PERMITTED) for the wrong person, CONFLICT when it is decided, expired, or not what was seen.
    """
    _prepare(account, identifier)
    with act(account.here.pk, _actor(account)) as opened:
        row = _waiting(opened, identifier)
        if not may_decide(account, row):
            raise Problem(Code.NOT_PERMITTED)
        _finish(opened, row, account, seen_hash)
    return row


def refuse(account: Administrator, identifier: str) -> None:
    """Refuse it; the requester takes it back by the same way. Raises Problem(NOT_PERMITTED) for others."""
    with act(account.here.pk, _actor(account)) as opened:
        row = _waiting(opened, identifier)
        if not may_refuse(account, row):
            raise Problem(Code.NOT_PERMITTED)
        _decide(opened, row, Request.State.REFUSED, account)
        _write(opened, Act.APPROVAL_REFUSED, row)


def confirm_alone(account: Administrator, identifier: str, proven_ms: int) -> None:
    """Note that the only administrator has proven the second factor again since asking (proven_ms: when)."""
    with act(account.here.pk, _actor(account)) as opened:
        row = _waiting(opened, identifier)
        now = now_ms()
        if not is_lone(account, row) or not row.asked_ms <= proven_ms <= now or now - proven_ms > proof.PROOF_MS:
            raise Problem(Code.NOT_PERMITTED)
        if row.confirmed_ms is None:
            row.confirmed_ms = now
            row.save(update_fields=["confirmed_ms"])
            _write(opened, Act.APPROVAL_CONFIRMED, row)
    mails.tell_auditors(row)


def carry_out_alone(account: Administrator, identifier: str, seen_hash: str) -> Request:
    """Carry out what the only administrator confirmed long enough ago. Raises as `approve` does."""
    _prepare(account, identifier)
    with act(account.here.pk, _actor(account)) as opened:
        row = _waiting(opened, identifier)
        if not is_lone(account, row) or row.confirmed_ms is None or now_ms() - row.confirmed_ms < WAIT_MS:
            raise Problem(Code.NOT_PERMITTED)
        _finish(opened, row, account, seen_hash)
    return row


def fetch_export(account: Administrator, identifier: str) -> Organisation:
    """Use an approved export up, once and by its requester; return whose log it is."""
    with act(account.here.pk, _actor(account)) as opened:
        row = _row(opened, identifier)
        if row.requester_id != account.pk or row.act != Loosening.EXPORT_AUDIT:
            raise Problem(Code.NOT_PERMITTED)
        if row.state != Request.State.APPROVED or row.expires_ms <= now_ms():
            raise Problem(Code.CONFLICT, detail={"state": row.state})
        row.state = Request.State.DONE
        row.save(update_fields=["state"])
        opened.write(Act.AUDIT_EXPORTED, Thing("organisation", opened.organisation.pk), {"request": row.pk})
    return opened.organisation


def may_decide(account: Administrator, row: Request) -> bool:
    """Return whether the account is a second person for this request."""
    return people.may_decide(account, row.requester, loosening.subject_of(row.payload))


def may_refuse(account: Administrator, row: Request) -> bool:
    """Return whether the account may say no: who asked, whom it is about, and who could approve."""
    concerned = {row.requester_id, loosening.subject_of(row.payload)}
    return account.pk in concerned or may_decide(account, row)


def is_lone(account: Administrator, row: Request) -> bool:
    """Return whether the account asked for it and nobody else could approve it."""
    return account.pk == row.requester_id and people.is_alone(account, loosening.subject_of(row.payload))


def confirm_stop(account: Administrator, identifier: str) -> None:
    """Have a stop of many stand. Raises Problem(NOT_PERMITTED) for who made it, CONFLICT when it has lapsed."""
    with act(account.here.pk, _actor(account)) as opened:
        row = _stop(opened, identifier)
        if not people.may_decide(account, row.stopped_by):
            raise Problem(Code.NOT_PERMITTED)
        _let_stand(opened, row, account)


def confirm_stop_alone(account: Administrator, identifier: str, proven_ms: int) -> None:
    """Have a stop of many stand by the only administrator's second factor, shown since the stop (proven_ms: when).

    It needs no waiting, because it loosens nothing: resuming afterwards takes the long way (ADR 0022).
    """
    with act(account.here.pk, _actor(account)) as opened:
        row = _stop(opened, identifier)
        now = now_ms()
        is_proven = row.stopped_ms <= proven_ms <= now and now - proven_ms <= proof.PROOF_MS
        if not (people.is_alone(account) and is_proven):
            raise Problem(Code.NOT_PERMITTED)
        _let_stand(opened, row, account, {"alone": "yes"})
    mails.tell_of_stop(row, account)


def round_of(organisation: Organisation) -> int:
    """Close what is too old; return how many requests."""
    standing = (Request.State.WAITING, Request.State.APPROVED)
    old = Request.objects.filter(organisation=organisation, state__in=standing, expires_ms__lte=now_ms())
    if not old.exists():
        return 0
    with act(organisation.pk, SYSTEM) as opened:
        rows = list(old)
        for row in rows:
            row.state = Request.State.EXPIRED
            row.save(update_fields=["state"])
            _write(opened, Act.APPROVAL_EXPIRED, row)
    return len(rows)


def _prepare(account: Administrator, identifier: str) -> None:
    """Clear keyd's lock for a request that could be approved now; nothing of it depends on this look."""
    row = Request.objects.filter(organisation=account.here, pk=identifier, state=Request.State.WAITING).first()
    if row is not None and (may_decide(account, row) or row.confirmed_ms):
        loosening.prepare(account.here.pk, row.act, loosening.what_of(row.payload))


def _finish(opened: OpenAct, row: Request, account: Administrator, seen_hash: str) -> None:
    what = loosening.what_of(row.payload)
    now_is = loosening.payload_of(opened.organisation, row.act, what)
    if not seen_hash == row.payload_hash == loosening.hash_of(row.payload) == loosening.hash_of(now_is):
        raise Problem(Code.CONFLICT, detail={"request": row.pk})
    if not (row.requester.is_active and may(row.requester.role, NEEDS[row.act])):
        raise Problem(Code.CONFLICT, detail={"requester": row.requester_id})
    _write(opened, Act.APPROVED, row)
    left = loosening.carry_out(opened, row.act, what)
    _decide(opened, row, Request.State.APPROVED if left else Request.State.DONE, account)


def _decide(opened: OpenAct, row: Request, state: Request.State, account: Administrator) -> None:
    del opened  # the lock that makes this the only decision
    row.state, row.decided_by, row.decided_ms = state, account, now_ms()
    row.save(update_fields=["state", "decided_by", "decided_ms"])


def _waiting(opened: OpenAct, identifier: str) -> Request:
    row = _row(opened, identifier)
    if row.state != Request.State.WAITING:
        raise Problem(Code.CONFLICT, detail={"state": row.state})
    if row.expires_ms <= now_ms():
        raise Problem(Code.CONFLICT, detail={"state": Request.State.EXPIRED.value})
    return row


def _row(opened: OpenAct, identifier: str) -> Request:
    found = Request.objects.select_related("requester")
    row = found.filter(organisation=opened.organisation, pk=identifier.replace("\0", "")).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row


def _stop(opened: OpenAct, identifier: str) -> MassStop:
    found = MassStop.objects.select_related("stopped_by")
    row = found.filter(organisation=opened.organisation, pk=identifier.replace("\0", "")).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    return row


def _let_stand(
    opened: OpenAct, row: MassStop, account: Administrator, detail: Mapping[str, str] = MappingProxyType({})
) -> None:
    if row.state != MassStop.State.STANDING or row.lapses_ms <= now_ms():
        raise Problem(Code.CONFLICT, detail={"state": row.state})
    row.state, row.decided_by = MassStop.State.CONFIRMED, account
    row.save(update_fields=["state", "decided_by"])
    opened.write(Act.STOP_CONFIRMED, Thing("request", row.pk), detail)


def _write(opened: OpenAct, what: Act, row: Request, more: Mapping[str, str] = MappingProxyType({})) -> None:
    detail = {"act": str(row.act), "hash": row.payload_hash, "requester": row.requester_id, **more}
    opened.write(what, Thing("request", row.pk), detail)


def _actor(account: Administrator) -> Actor:
    return Actor(ActorKind.ADMINISTRATOR, account.pk)
