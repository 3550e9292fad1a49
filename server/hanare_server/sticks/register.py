"""register: the kitting station brings a new stick's public half, with its batch's token.

The certificate must be the offline CA's, so a stolen token alone registers nothing. The token is one of 32
random bytes of which only the hash is kept; it is good for its number of sticks within 15 minutes. The same
stick again is answered alike.
"""

import hashlib
import secrets
from typing import Final

from hanare_core import certificate, fingerprint, signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.messages.api import Register, RegisterBody, Registered
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server.access.act import OpenAct, act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.directory import names
from hanare_server.directory.models import Department, Stick
from hanare_server.sticks.models import RegistrationToken

TOKEN_LIFE_MS: Final = 15 * MINUTE_MS
"""A batch is written within it; a token found later is worth nothing."""

_LABEL_CHARACTERS: Final = 200


def issue_token(opened: OpenAct, count: int, department: Department | None) -> str:
    """Return a fresh token for `count` sticks; inside an act."""
    token = wire.key_text(secrets.token_bytes(wire.KEY_BYTES))
    RegistrationToken.objects.create(
        token_hash=_hash(token),
        organisation=opened.organisation,
        department=department,
        left=count,
        not_after_ms=now_ms() + TOKEN_LIFE_MS,
    )
    opened.write(Act.TOKEN_ISSUED, Thing("organisation", opened.organisation.id), {"sticks": str(count)})
    return token


def register(message: Register, _source: str) -> Registered:
    """Keep the stick; its door opens with the revision that this act makes."""
    claimed = signed.unverified(message.signed, RegisterBody)
    token = RegistrationToken.objects.select_related("organisation").filter(token_hash=_hash(claimed.token)).first()
    if token is None:
        raise Problem(Code.TOKEN_INVALID)
    organisation = token.organisation
    shown = certificate.verify(claimed.certificate, organisation.ca_key, organisation=organisation.id, now_ms=now_ms())
    body = signed.verify(Kind.REGISTER, message.signed, shown.identity_key, RegisterBody)
    names.check_text(body.label, path="$.label")
    actor = Actor(ActorKind.STICK, shown.stick)
    try:
        with act(organisation.id, actor) as opened:
            _keep(opened, token.token_hash, shown, body)
    except Problem as problem:
        with act(organisation.id, actor) as opened:
            detail = {"reason": problem.code.value, "label": body.label}
            opened.write(Act.REGISTER_REFUSED, Thing("stick", shown.stick), detail)
        raise
    return Registered(stick=shown.stick)


def _keep(opened: OpenAct, token_hash: str, shown: StickCertificate, body: RegisterBody) -> None:
    earlier = Stick.objects.filter(pk=shown.stick).first()
    if earlier is not None and earlier.certificate == body.certificate:
        return
    if earlier is not None or _key_is_taken(shown):
        raise Problem(Code.CONFLICT)
    token = RegistrationToken.objects.get(pk=token_hash)
    if token.left == 0 or now_ms() >= token.not_after_ms:
        raise Problem(Code.TOKEN_INVALID)
    token.left -= 1
    token.save(update_fields=["left"])
    stick = Stick(
        id=shown.stick,
        organisation=opened.organisation,
        department=token.department,
        label=body.label[:_LABEL_CHARACTERS],
        identity_key=shown.identity_key,
        door_key=shown.door_key,
        certificate=body.certificate,
        certificate_until_ms=shown.not_after_ms,
    )
    opened.touch(stick)
    detail = {"label": stick.label, "fingerprint": fingerprint.digits(stick.identity_key)}
    opened.write(Act.REGISTERED, Thing("stick", stick.id), detail)


def _key_is_taken(shown: StickCertificate) -> bool:
    identity = Stick.objects.filter(identity_key=shown.identity_key)
    return (identity | Stick.objects.filter(door_key=shown.door_key)).exists()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
