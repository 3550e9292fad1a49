"""Makes audit rows, for `hanare_server.access.act` only, which stores them in the act's transaction: no row, no act."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from hanare_core import audit
from hanare_server.audit.models import AuditRow
from hanare_server.clock import now_ms
from hanare_server.directory.models import Organisation


class ActorKind(StrEnum):
    """Who may act."""

    ADMINISTRATOR = "administrator"
    COMMAND = "command"
    STICK = "stick"
    SYSTEM = "system"
    USER = "user"


class Actor(NamedTuple):
    """Who acts: a console account, a stick, a user on a stick, or the server itself."""

    kind: ActorKind
    id: str


SYSTEM = Actor(ActorKind.SYSTEM, "worker")
"""The worker that ends what is over."""

COMMAND = Actor(ActorKind.COMMAND, "setup")
"""Somebody with a shell on the server."""


class Act(StrEnum):
    """Everything that the log can say was done, in alphabetical order."""

    ACCOUNT_CLOSED = "account-closed"
    ACCOUNT_RESET = "account-reset"
    ADDED = "added"
    API_TOKEN_MADE = "api-token-made"  # noqa: S105 the name of an act
    API_TOKEN_REVOKED = "api-token-revoked"  # noqa: S105 the name of an act
    APPROVAL_ASKED = "approval-asked"
    APPROVAL_CONFIRMED = "approval-confirmed"
    APPROVAL_EXPIRED = "approval-expired"
    APPROVAL_REFUSED = "approval-refused"
    APPROVED = "approved"
    AUDIT_EXPORTED = "audit-exported"
    CAME_BACK = "came-back"
    CARRIER_OFF = "carrier-off"
    CARRIER_ON = "carrier-on"
    CERTIFICATES_IMPORTED = "certificates-imported"
    CHANGED = "changed"
    CODE_ISSUED = "code-issued"
    CONSOLE_REFUSED = "console-refused"
    CONSOLE_SIGNED_IN = "console-signed-in"
    CONSOLE_SIGNED_OUT = "console-signed-out"
    DIAGNOSTICS_ASKED = "diagnostics-asked"
    DIAGNOSTICS_RECEIVED = "diagnostics-received"
    DRAINED = "drained"
    DRAIN_ENDED = "drain-ended"
    FACTOR_REMOVED = "factor-removed"
    FACTOR_SET = "factor-set"
    FIRST_PASSWORD_ISSUED = "first-password-issued"  # noqa: S105 the name of an act
    GATEWAY_NOT_BELIEVED = "gateway-not-believed"
    GATEWAYS_ANNOUNCED = "gateways-announced"
    GENERATION_ADOPTED = "generation-adopted"
    IDENTITY_LINKED = "identity-linked"
    IDENTITY_REMOVED = "identity-removed"
    LEFT = "left"
    LENT = "lent"
    LOCKED = "locked"
    LOST = "lost"
    MASS_STOPPED = "mass-stopped"
    MESSAGE_SENT = "message-sent"
    MISUSE_SUSPECTED = "misuse-suspected"
    ORIGINAL_CONFIRMED = "original-confirmed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 the name of an act
    PIN_CHANGED = "pin-changed"
    PIN_RESET = "pin-reset"
    PIN_SET = "pin-set"
    PROFILE_ASSIGNED = "profile-assigned"
    PROVIDER_CAME = "provider-came"
    QUARANTINED = "quarantined"
    REGISTERED = "registered"
    REGISTER_REFUSED = "register-refused"
    REKEY_STARTED = "rekey-started"
    REMINDED = "reminded"
    RENEWAL_REFUSED = "renewal-refused"
    RENEWED = "renewed"
    RESERVATION_CANCELLED = "reservation-cancelled"
    RESERVED = "reserved"
    RESTORED = "restored"
    RESUMED = "resumed"
    RETIRED = "retired"
    SEALED_CODE_ISSUED = "sealed-code-issued"
    SEALED_CODE_REFUSED = "sealed-code-refused"
    SEALED_CODE_USED = "sealed-code-used"
    SESSION_ENDED = "session-ended"
    SESSION_OPENED = "session-opened"
    SETTINGS_CHANGED = "settings-changed"
    SET_BACK = "set-back"
    SIGN_IN_REFUSED = "sign-in-refused"
    STOPPED = "stopped"
    STOP_CONFIRMED = "stop-confirmed"
    STOP_LAPSED = "stop-lapsed"
    SUSPENDED = "suspended"
    TAKEN_BACK = "taken-back"
    TOKEN_ISSUED = "token-issued"  # noqa: S105 the name of an act


class Thing(NamedTuple):
    """What is acted on: the kind is its name in the code, such as stick or user."""

    kind: str
    id: str


def next_row(organisation: Organisation, actor: Actor, act: Act, thing: Thing, detail: Mapping[str, str]) -> AuditRow:
    """Return the log's next row; `organisation` is locked by the caller, who saves the row and the new audit head."""
    row = audit.AuditRow(
        organisation=organisation.id,
        number=organisation.audit_number + 1,
        time_ms=now_ms(),
        actor_kind=actor.kind.value,
        actor=actor.id,
        act=act.value,
        object_kind=thing.kind,
        object=thing.id,
        detail=dict(detail),
        previous_hash=organisation.audit_hash or audit.FIRST_HASH,
    )
    organisation.audit_number, organisation.audit_hash = row.number, audit.row_hash(row)
    return AuditRow(
        organisation=organisation,
        number=row.number,
        time_ms=row.time_ms,
        actor_kind=row.actor_kind,
        actor=row.actor,
        act=row.act,
        object_kind=row.object_kind,
        object=row.object,
        detail=row.detail,
        row_hash=organisation.audit_hash,
    )
