"""Rows of the database as entries of messages; a row that breaks the protocol is refused, and so counts as gone."""

import logging
from typing import Final

import msgspec

from hanare_core import log_lines, wire
from hanare_core.messages.gateway import Door, Halt, Lease, State
from hanare_core.problems import Code, Problem
from hanare_core.stick_settings import StickSettings
from hanare_hub.rows import LeaseRow, PartyRow

_log = logging.getLogger(__name__)
_TARGETS: Final = msgspec.json.Decoder(list[dict[str, str | int | list[str]]])


class Holding(msgspec.Struct, frozen=True):
    """A lease and what the hub needs beside its message."""

    message: Lease
    stick: str
    department: str
    gateway: str
    settings: StickSettings | None = None
    """What its stick obeys; None: the row says nothing valid."""


def door(row: PartyRow) -> Door | None:
    """Return the stick's door if it stands; a row that is not valid counts as gone."""
    if row.state != State.PRESENT:
        return None
    try:
        told = {"stick": row.id, "state": row.state, "certificate": row.certificate}
        return msgspec.convert({**told, "next_certificate": row.next_certificate or None}, Door)
    except msgspec.ValidationError:
        log_lines.event(_log, logging.WARNING, "stick row refused", stick=row.id)
        return None


def holding(row: LeaseRow) -> Holding | None:
    """Return the lease of a row; a row that is not valid counts as gone."""
    try:
        message = msgspec.convert(
            {
                "lease": row.lease,
                "session": row.session,
                "state": row.state,
                "certificate": row.certificate,
                "ticket": row.ticket,
                "address": row.address,
                "targets": _TARGETS.decode(row.targets),
                "ttl_ms": row.ttl_ms,
                "grace_ms": row.grace_ms,
                "ends_ms": row.ends_ms,
                "reason": code(row.reason) if row.state == State.GONE else None,
                "department": row.department or None,
            },
            Lease,
        )
    except (msgspec.ValidationError, msgspec.DecodeError):
        log_lines.event(_log, logging.WARNING, "lease row refused", lease=row.lease)
        return None
    return Holding(message, row.stick, row.department or "", row.gateway, _settings(row))


def _settings(row: LeaseRow) -> StickSettings | None:
    try:
        return wire.decode(row.settings, StickSettings) if row.settings else None
    except Problem:
        log_lines.event(_log, logging.WARNING, "settings of a lease refused", lease=row.lease)
        return None


def halt(row: PartyRow) -> Halt | None:
    """Return the halt of a row, whose id is `kind:id` and whose code says whether it stands."""
    kind, _, name = row.id.partition(":")
    state = State.PRESENT if row.code == "halted" else State.GONE
    try:
        return msgspec.convert({"kind": kind, "id": name, "epoch": row.epoch, "state": state}, Halt)
    except msgspec.ValidationError:
        log_lines.event(_log, logging.WARNING, "halt row refused", halt=row.id)
        return None


def code(text: str | None) -> Code:
    """Return the problem code of a row; a text that is none says only that it ended."""
    try:
        return Code(text or "")
    except ValueError:
        return Code.LEASE_ENDED
