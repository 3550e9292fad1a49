"""Server ↔ keyd: a unix stream socket, one JSON object a line, one answer per request, in order.

Requests and answers are tagged by `type`. keyd trusts the server for nothing but transport: certificate, signatures and
one-time codes are verified by keyd itself.
"""

from typing import Annotated

import msgspec

from hanare_core import wire
from hanare_core.messages.api import Nonce
from hanare_core.problems import Code
from hanare_core.ticket import Factor


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
    """Factors that the profile wants."""


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


class ForgetUserRequest(Request, tag="forget-user", frozen=True):
    """Destroy everything of a user who left."""

    organisation: wire.Id
    user: wire.Id


class StatusRequest(Request, tag="status", frozen=True):
    """Ask whether keyd is alive, and for its public key."""


AnyRequest = (
    NonceRequest
    | BeginRequest
    | FinishRequest
    | IssueCodeRequest
    | FirstPinBeginRequest
    | FirstPinFinishRequest
    | ForgetUserRequest
    | StatusRequest
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


class DoneAnswer(Answer, tag="done", frozen=True):
    """Done."""


class StatusAnswer(Answer, tag="status", frozen=True):
    """keyd's ticket-signing public key."""

    public_key: wire.Key


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
    | StatusAnswer
    | RefusalAnswer
)
