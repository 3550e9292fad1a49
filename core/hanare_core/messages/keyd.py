"""Server ↔ keyd: a unix stream socket, one JSON object a line, one answer per request, in order.

Requests and answers are tagged by `type`. keyd trusts the server for nothing but transport: certificate, signatures and
one-time codes are verified by keyd itself.
"""

from typing import Annotated, Final

import msgspec

from hanare_core import security_key, wire
from hanare_core.checkpoint import Hash
from hanare_core.messages.api import Nonce
from hanare_core.problems import Code
from hanare_core.ticket import Factor

RECONCILE_USERS: Final = 300
"""Most users in one ReconcileRequest: about 33 KiB of the 64 KiB that a message may have."""

KeyOrNone = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9_-]{43})?\Z")]
"""A public key, or empty."""


class Request(wire.Message, tag_field="type", frozen=True):
    """Base of all requests to keyd."""


class NonceRequest(Request, tag="nonce", frozen=True):
    """A fresh nonce for one attempt of this stick."""

    stick: wire.Id


class BeginRequest(Request, tag="begin", frozen=True):
    """Count one attempt, then evaluate.

    `user` is the server's id for the name, or a stable stand-in for an unknown one.
    """

    organisation: wire.Id
    user: wire.Id
    certificate: wire.SignedText
    signed: wire.SignedText
    """The stick's BeginBody."""
    factors: tuple[Factor, ...]
    """Factors that the profile takes: the PIN, and if others stand there, one of them."""


class FinishRequest(Request, tag="finish", frozen=True):
    """Verify both signatures and the factor; sign the ticket."""

    organisation: wire.Id
    certificate: wire.SignedText
    by_user: wire.SignedText
    by_stick: wire.SignedText


class IssueCodeRequest(Request, tag="issue-code", frozen=True):
    """A new one-time code for the user; destroys the old OPRF key, public key, factor and code at once."""

    organisation: wire.Id
    user: wire.Id


class FirstPinBeginRequest(Request, tag="first-pin-begin", frozen=True):
    """Count one attempt with the code, then evaluate under a new OPRF key."""

    organisation: wire.Id
    user: wire.Id
    certificate: wire.SignedText
    signed: wire.SignedText
    factors: tuple[Factor, ...]


class FirstPinFinishRequest(Request, tag="first-pin-finish", frozen=True):
    """Use up the code and keep the user's public key; the same message again is answered alike."""

    organisation: wire.Id
    certificate: wire.SignedText
    by_user: wire.SignedText
    by_stick: wire.SignedText


class ChangePinRequest(Request, tag="change-pin", frozen=True):
    """Verify the proof of the present PIN as a finish does; evaluate the new one under a new OPRF key."""

    organisation: wire.Id
    certificate: wire.SignedText
    by_user: wire.SignedText
    by_stick: wire.SignedText


class ProveRequest(Request, tag="prove", frozen=True):
    """Close the attempt as right: the PIN opened the envelope. No factor, no ticket."""

    organisation: wire.Id
    certificate: wire.SignedText
    by_user: wire.SignedText
    by_stick: wire.SignedText


class NewPinRequest(Request, tag="new-pin", frozen=True):
    """Put the new keys in the place of the old ones; the same message again is answered alike."""

    organisation: wire.Id
    certificate: wire.SignedText
    by_user: wire.SignedText
    by_stick: wire.SignedText


class ForgetUserRequest(Request, tag="forget-user", frozen=True):
    """Destroy everything of a user who left."""

    organisation: wire.Id
    user: wire.Id


class UnlockStickRequest(Request, tag="unlock-stick", frozen=True):
    """Clear what is in a row on a stick, at most a few times in 90 days; a stick that is not locked is left alone."""

    organisation: wire.Id
    stick: wire.Id


class GuessesRequest(Request, tag="guesses", frozen=True):
    """How many guesses the pair, its user and its stick have left; asking counts nothing."""

    organisation: wire.Id
    user: wire.Id
    stick: wire.Id


class ReconcileRequest(Request, tag="reconcile", frozen=True):
    """After keyd was restored: the public keys of some users as the server has them; whatever differs is destroyed.

    An empty key says that the user has no PIN any more.
    """

    organisation: wire.Id
    user_keys: Annotated[dict[wire.Id, KeyOrNone], msgspec.Meta(max_length=RECONCILE_USERS)]


class CheckpointRequest(Request, tag="checkpoint", frozen=True):
    """Sign that the organisation's audit log now ends with this row."""

    organisation: wire.Id
    number: wire.Count
    row_hash: Hash


class StatusRequest(Request, tag="status", frozen=True):
    """Ask whether keyd is alive, and for its public key."""


AnyRequest = (
    NonceRequest
    | BeginRequest
    | FinishRequest
    | IssueCodeRequest
    | FirstPinBeginRequest
    | FirstPinFinishRequest
    | ChangePinRequest
    | NewPinRequest
    | ProveRequest
    | ForgetUserRequest
    | ReconcileRequest
    | CheckpointRequest
    | GuessesRequest
    | StatusRequest
    | UnlockStickRequest
)


class Answer(wire.Message, tag_field="type", frozen=True):
    """Base of all answers of keyd."""


class NonceAnswer(Answer, tag="nonce", frozen=True):
    """The nonce."""

    nonce: Nonce


class BeginAnswer(Answer, tag="begin", frozen=True):
    """The evaluation; the same shape and cost for known and unknown users."""

    evaluation: wire.Key
    factors: tuple[Factor, ...]
    failures: wire.Count
    security_keys: tuple[security_key.Bytes, ...] = ()


class FinishAnswer(Answer, tag="finish", frozen=True):
    """The ticket, and what the server needs of the verified statements."""

    ticket: wire.SignedText
    user: wire.Id
    generation: wire.Count


class IssueCodeAnswer(Answer, tag="issue-code", frozen=True):
    """The one-time code, shown once and kept by nobody in clear."""

    code: str
    not_after_ms: wire.Milliseconds


class FirstPinBeginAnswer(Answer, tag="first-pin-begin", frozen=True):
    """The evaluation under the new key, and the TOTP secret to enrol where one is wanted."""

    evaluation: wire.Key
    totp_secret: str


class FirstPinFinishAnswer(Answer, tag="first-pin-finish", frozen=True):
    """The user is set; the server may keep the envelope."""

    user: wire.Id
    envelope: str
    user_key: wire.Key


class ChangePinAnswer(Answer, tag="change-pin", frozen=True):
    """The evaluation of the new PIN, and whose it is."""

    user: wire.Id
    evaluation: wire.Key


class NewPinAnswer(Answer, tag="new-pin", frozen=True):
    """The new PIN holds; the server must keep the envelope."""

    user: wire.Id
    envelope: str
    user_key: wire.Key


class ReconcileAnswer(Answer, tag="reconcile", frozen=True):
    """The users whose keys were destroyed: each needs a new one-time code."""

    destroyed: tuple[wire.Id, ...]


class DoneAnswer(Answer, tag="done", frozen=True):
    """Done."""


class Budget(wire.Message, frozen=True):
    """One budget of guesses: left of how many; until when there is none (0: there are some, or no time ends it)."""

    left: wire.Count
    limit: wire.Count
    until_ms: wire.Milliseconds


class GuessesAnswer(Answer, tag="guesses", frozen=True):
    """What is left: of the pair in a row and within 90 days, of the user on all sticks, of the stick over all users."""

    pair_in_a_row: Budget
    pair: Budget
    user: Budget
    stick: Budget


class CheckpointAnswer(Answer, tag="checkpoint", frozen=True):
    """The checkpoint, signed with keyd's checkpoint key."""

    signed: wire.SignedText


class StatusAnswer(Answer, tag="status", frozen=True):
    """keyd's public keys: for tickets, and for checkpoints."""

    public_key: wire.Key
    checkpoint_key: wire.Key
    """With which checkpoints of audit logs are verified."""


class RefusalAnswer(Answer, tag="refusal", frozen=True):
    """keyd refuses, with a code of the closed list."""

    code: Code
    detail: Annotated[dict[str, str], msgspec.Meta(max_length=8)] = msgspec.field(default_factory=dict)


AnyAnswer = (
    NonceAnswer
    | BeginAnswer
    | FinishAnswer
    | IssueCodeAnswer
    | FirstPinBeginAnswer
    | FirstPinFinishAnswer
    | DoneAnswer
    | ChangePinAnswer
    | NewPinAnswer
    | ReconcileAnswer
    | CheckpointAnswer
    | GuessesAnswer
    | StatusAnswer
    | RefusalAnswer
)
