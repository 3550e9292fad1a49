"""Stick and kitting station ↔ server: HTTPS, POST, one JSON object each way (docs/protocol.md, "API").

Paths: /stick/v1/{hello,begin,finish,confirm,diagnostics,end,first-pin/begin,first-pin/finish,
change-pin,new-pin,prove,renew,renewed} and /kitting/v1/register.
A refusal is a `Refusal` with the HTTP status of its code.
"""

from typing import Annotated, Final

import msgspec

from hanare_core import pin, wire
from hanare_core.problems import Code
from hanare_core.security_key import Assertion, Bytes, Registration
from hanare_core.stick_settings import DoorSettings, StickSettings
from hanare_core.ticket import Factor

PREFIX: Final = "/stick/v1"
REGISTER_PATH: Final = "/kitting/v1/register"

Nonce = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
"""keyd's nonce: bound to one stick, good for one attempt within NONCE_LIFE_MS."""

NONCE_LIFE_MS: Final = 5 * 60 * 1000
"""Time from hello to finish; a worker who types slowly gets a fresh nonce by a new hello."""

OneTimeCode = Annotated[str, msgspec.Meta(pattern=r"^[A-Z2-7]{16}\Z")]
"""80 random bits in base32 (RFC 4648 §6); shown in groups of four."""


Envelope = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9_-]+\Z")]
"""The sealed user key, as `hanare_core.envelope` writes it."""


VirtualMachine = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,32}\Z")]
"""Which virtual machine the stick finds itself in, by the names of systemd-detect-virt(1); empty: none."""


class Refusal(wire.Message, frozen=True):
    """The body of every answer that is not 200."""

    code: Code
    detail: dict[str, str] = msgspec.field(default_factory=dict)


class Hello(wire.Message, frozen=True):
    """Sent when the door is up; asks for the time, a nonce and news. The source address proves the stick."""

    stick: wire.Id
    protocol: wire.Count
    image: wire.Count
    """Image version; 0 for a stick agent run outside an image."""
    generation: wire.Count
    virtual: VirtualMachine = ""
    """The stick's own word: who changed its software can have it say anything."""


class HelloAnswer(wire.Message, frozen=True):
    """The signed body of the answer to hello (kind hello-answer, by the server's key)."""

    stick: wire.Id
    time_ms: wire.Milliseconds
    nonce: Nonce
    organisation_name: wire.Text
    help_desk: wire.Text
    image_floor: wire.Count
    settings: DoorSettings = DoorSettings()


class SignedAnswer(wire.Message, frozen=True):
    """An answer that carries one statement signed by the server."""

    signed: wire.SignedText


class BeginBody(wire.Message, frozen=True):
    """What the stick's identity key signs to ask for one PIN evaluation (kind begin)."""

    nonce: Nonce
    user: wire.UserName
    element: wire.Key
    """The blinded PIN, a ristretto255 element (RFC 9497 §3.3.1)."""


class Begin(wire.Message, frozen=True):
    """One counted PIN attempt."""

    stick: wire.Id
    signed: wire.SignedText


class BeginAnswer(wire.Message, frozen=True):
    """The same shape for every name, known or not."""

    evaluation: wire.Key
    envelope: Envelope
    factors: tuple[Factor, ...]
    failures: wire.Count
    """Wrong attempts for this pair since the last sign-in that succeeded."""
    security_keys: Annotated[tuple[Bytes, ...], msgspec.Meta(max_length=8)] = ()
    """Credentials that may answer, where a security key is among the factors; nobody's for an unknown name."""


class FinishBody(wire.Message, frozen=True):
    """What both the user's key (kind finish-user) and the stick's (kind finish-stick) sign."""

    nonce: Nonce
    session_key: wire.Key
    generation: wire.Count
    totp: wire.Totp
    security_key: Assertion | None = None


class Finish(wire.Message, frozen=True):
    """The proof that the PIN opened the envelope, on this stick, for this session key."""

    stick: wire.Id
    by_user: wire.SignedText
    by_stick: wire.SignedText


class FinishAnswer(wire.Message, frozen=True):
    """The generation that the stick must have written before it confirms."""

    next_generation: wire.Count


class ConfirmBody(wire.Message, frozen=True):
    """The stick's word that the new generation is on the stick (kind confirm)."""

    nonce: Nonce
    generation: wire.Count


class Confirm(wire.Message, frozen=True):
    """Asks for the session; answered with SessionAnswer or the decision's refusal."""

    stick: wire.Id
    signed: wire.SignedText


class OfficePc(wire.Message, frozen=True):
    """The one desktop that the session may show."""

    name: wire.Text
    kind: Annotated[str, msgspec.Meta(pattern=r"^(windows|xrdp)\Z")]
    address: wire.Address
    port: wire.Port
    fingerprint: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}:){31}[0-9a-f]{2}\Z")]
    """SHA-256 of the PC's TLS certificate, the pin."""


class Path(wire.Message, frozen=True):
    """One way into the office: a gateway and the inner address that it gave this session."""

    gateway: wire.Id
    lease: wire.Id
    address: wire.Address


class SessionAnswer(wire.Message, frozen=True):
    """An open session; the gateway has acknowledged the first path's lease."""

    session: wire.Id
    user_name: wire.Text
    paths: Annotated[tuple[Path, ...], msgspec.Meta(min_length=1, max_length=2)]
    office_pc: OfficePc
    ttl_ms: wire.Milliseconds
    ends_ms: wire.Milliseconds
    """The hard end, server time."""
    grace_ms: wire.Milliseconds = 0
    """0: strict. Else how long the session goes on when the office's control cannot be reached, beyond the TTL."""
    settings: StickSettings = StickSettings()


class EndBody(wire.Message, frozen=True):
    """The stick's word that its session is over (kind end)."""

    session: wire.Id
    reason: Code


class End(wire.Message, frozen=True):
    """Ends the stick's own session; repeated ends are answered alike."""

    stick: wire.Id
    signed: wire.SignedText


class Done(wire.Message, frozen=True):
    """An answer that carries nothing but success."""


class DiagnosticsBody(wire.Message, frozen=True):
    """What a stick tells of itself because the person there agreed (kind diagnostics): no secrets, no contents."""

    note: wire.Id
    """The message that asked for it."""
    facts: Annotated[dict[str, Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=16)]
    log: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=400)], ...], msgspec.Meta(max_length=64)]
    """The agent's last lines, the newest last."""


class Diagnostics(wire.Message, frozen=True):
    """Hands the diagnostics over, once for each time that they were asked for; repeated ones are answered alike."""

    stick: wire.Id
    signed: wire.SignedText


class FirstPinBeginBody(wire.Message, frozen=True):
    """What the stick signs to set a first PIN by a one-time code (kind first-pin-begin)."""

    nonce: Nonce
    user: wire.UserName
    code: OneTimeCode
    element: wire.Key


class FirstPinBegin(wire.Message, frozen=True):
    """One counted attempt with a one-time code."""

    stick: wire.Id
    signed: wire.SignedText


class FirstPinBeginAnswer(wire.Message, frozen=True):
    """keyd's evaluation under the user's new OPRF key."""

    evaluation: wire.Key
    user_id: wire.Id
    totp_secret: Annotated[str, msgspec.Meta(pattern=r"^([A-Z2-7]{32})?\Z")]
    """Base32 secret to enrol (RFC 6238), or empty where the profile asks for none."""
    rules: pin.Rules = pin.Rules()
    factors: tuple[Factor, ...] = ()
    """What the profile takes; of several second factors any one is enrolled."""


class ChangePinBody(wire.Message, frozen=True):
    """What the user's present key (kind change-pin-user) and the stick's (kind change-pin-stick) sign.

    It closes the attempt that a begin has opened, as a finish does, and asks for a new OPRF key.
    """

    nonce: Nonce
    element: wire.Key
    """The new PIN, blinded."""
    totp: wire.Totp
    security_key: Assertion | None = None


class ChangePin(wire.Message, frozen=True):
    """The proof of the present PIN; answered by the evaluation of the new one."""

    stick: wire.Id
    by_user: wire.SignedText
    by_stick: wire.SignedText


class ChangePinAnswer(wire.Message, frozen=True):
    """keyd's evaluation of the new PIN under a new OPRF key."""

    evaluation: wire.Key
    rules: pin.Rules = pin.Rules()


class NewPinBody(wire.Message, frozen=True):
    """What the new user key (kind new-pin-user) and the stick's (kind new-pin-stick) sign to end a PIN change."""

    nonce: Nonce
    user_key: wire.Key
    envelope: Envelope


class NewPin(wire.Message, frozen=True):
    """Puts the new PIN in the place of the old, whose OPRF key is destroyed; repeating it is answered alike."""

    stick: wire.Id
    by_user: wire.SignedText
    by_stick: wire.SignedText


class ProveBody(wire.Message, frozen=True):
    """What the user's key (kind prove-user) and the stick's (kind prove-stick) sign to unlock a covered screen."""

    nonce: Nonce


class Prove(wire.Message, frozen=True):
    """Closes the attempt of a begin as right, without a factor, ticket or session."""

    stick: wire.Id
    by_user: wire.SignedText
    by_stick: wire.SignedText


class FirstPinFinishBody(wire.Message, frozen=True):
    """What the new user key (kind first-pin-user) and the stick (kind first-pin-stick) sign."""

    nonce: Nonce
    user_key: wire.Key
    envelope: Envelope
    totp: wire.Totp
    security_key: Registration | None = None


class FirstPinFinish(wire.Message, frozen=True):
    """Sets the PIN; repeating the same message is answered alike."""

    stick: wire.Id
    by_user: wire.SignedText
    by_stick: wire.SignedText


class NewKeys(wire.Message, frozen=True):
    """Public halves of the keys that a stick has made itself."""

    identity_key: wire.Key
    door_key: wire.Key


class RenewBody(wire.Message, frozen=True):
    """What the stick's present identity key signs to tell which keys and gateways it has (kind renew).

    With `next` it is the request that the kitting station answers with a certificate.
    """

    stick: wire.Id
    generation: wire.Count
    list_number: wire.Count
    """Of the newest gateway list of which a gateway has answered; 0: none since kitting."""
    next: NewKeys | None = None


class Renew(wire.Message, frozen=True):
    """Asks whether keys or gateways are to be changed."""

    stick: wire.Id
    signed: wire.SignedText


class RenewAnswer(wire.Message, frozen=True):
    """What the stick should have."""

    wanted: bool
    """Make new keys, write them, and ask again with them."""
    again_ms: wire.Milliseconds
    """Ask again about then."""
    certificate: wire.SignedText | None = None
    """For the keys that the stick showed."""
    gateway_list: wire.SignedText | None = None


class RenewedBody(wire.Message, frozen=True):
    """What the stick's new identity key signs, sent through the new door (kind renewed)."""

    stick: wire.Id


class Renewed(wire.Message, frozen=True):
    """From here on the new keys are the stick's, and the old ones nobody's; repeated, it is answered alike."""

    stick: wire.Id
    signed: wire.SignedText


class RegisterBody(wire.Message, frozen=True):
    """What the new stick's identity key signs to be registered (kind register)."""

    token: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
    certificate: wire.SignedText
    label: wire.Text


class Register(wire.Message, frozen=True):
    """One stick, written by the kitting station, with the batch's token."""

    signed: wire.SignedText


class Registered(wire.Message, frozen=True):
    """The stick as the server keeps it."""

    stick: wire.Id
