"""renew and renewed: a stick tells which keys and gateways it has, and hears which it should have.

Desired state, reconciled: nothing is pushed. In an open round a stick makes keys, shows their public halves signed by
its old identity, gets the certificate when the kitting station has signed it, and speaks through the new door; from
that word on the old keys are nobody's. One stick asks with one set of keys in a round: another set is a copy's.
"""

from typing import Final

from django.db.models import Q

from hanare_core import certificate, signed
from hanare_core.messages.api import Done, NewKeys, Renew, RenewAnswer, RenewBody, Renewed, RenewedBody
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server.access.act import OpenAct, act
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.clock import MINUTE_MS, now_ms
from hanare_server.directory.models import Stick
from hanare_server.rekey import rounds
from hanare_server.rekey.models import Rekey, Renewal
from hanare_server.sticks.guard import door_gateway, heard_stick, refuse_standing

IDLE_MS: Final = 3 * MINUTE_MS
"""Between two questions while nothing is to be done: 500 sticks ask three times a second together."""

BUSY_MS: Final = 15_000
"""The same while a stick waits for its certificate."""


def renew(message: Renew, source: str) -> RenewAnswer:
    """Say what the stick should have, after noting what it shows."""
    stick = heard_stick(message.stick, source)
    body = signed.verify(Kind.RENEW, message.signed, stick.identity_key, RenewBody)
    if body.stick != stick.id or body.generation not in (stick.generation, stick.offered):
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.RENEW.value})
    if body.list_number != stick.list_number:
        Stick.objects.filter(pk=stick.pk).update(list_number=body.list_number)
    rekey = rounds.present(stick.organisation_id)
    renewal = Renewal.objects.filter(stick=stick).first()
    if body.next is not None and not _shows(renewal, body.next):
        if rekey is None:
            raise Problem(Code.OUT_OF_ORDER)
        renewal = _ask(stick, rekey, body.next, message.signed)
    wanted = body.next is None and rekey is not None and not _is_done(renewal, rekey)
    newest = rounds.newest_list(stick.organisation_id)
    return RenewAnswer(
        wanted=wanted,
        again_ms=BUSY_MS if body.next is not None or wanted else IDLE_MS,
        certificate=stick.next_certificate or None if body.next is not None else None,
        gateway_list=newest.signed if newest is not None and newest.number > body.list_number else None,
    )


def renewed(message: Renewed, source: str) -> Done:
    """Put the new keys in the place of the old; the gateways drop the old door with this act."""
    stick = Stick.objects.select_related("organisation").filter(pk=message.stick).first()
    if stick is None:
        raise Problem(Code.STICK_UNKNOWN)
    refuse_standing(stick)
    renewal = Renewal.objects.filter(stick=stick, certified_ms__isnull=False).first()
    if renewal is None or door_gateway(stick.organisation_id, renewal.door_key, source) is None:
        raise Problem(Code.NOT_AUTHENTIC, detail={"path": "source"})
    body = signed.verify(Kind.RENEWED, message.signed, renewal.identity_key, RenewedBody)
    if body.stick != stick.id:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.RENEWED.value})
    with act(stick.organisation_id, Actor(ActorKind.STICK, stick.id)) as opened:
        _change_over(opened, stick.id)
    return Done()


def _shows(renewal: Renewal | None, keys: NewKeys) -> bool:
    """Say whether these are the keys that the stick has asked with, and not come through yet."""
    return (
        renewal is not None
        and renewal.done_ms is None
        and (renewal.identity_key, renewal.door_key) == (keys.identity_key, keys.door_key)
    )


def _is_done(renewal: Renewal | None, rekey: Rekey) -> bool:
    return renewal is not None and renewal.rekey_id == rekey.id and renewal.done_ms is not None


def _ask(stick: Stick, rekey: Rekey, keys: NewKeys, text: str) -> Renewal:
    """Keep the request; other keys in the same round are refused and said aloud."""
    refused = False
    with act(stick.organisation_id, Actor(ActorKind.STICK, stick.id)) as opened:
        current = Renewal.objects.filter(stick=stick).first()
        if (current is not None and current.rekey_id == rekey.id) or _key_is_taken(stick, keys):
            refused = True
            opened.write(Act.RENEWAL_REFUSED, Thing("stick", stick.id), {"rekey": rekey.id})
        else:
            current = Renewal(
                stick=stick,
                rekey=rekey,
                identity_key=keys.identity_key,
                door_key=keys.door_key,
                signed=text,
                asked_ms=now_ms(),
            )
            current.save()
            _forget_next(opened, stick.id)
    if refused or current is None:
        raise Problem(Code.CONFLICT)
    return current


def _forget_next(opened: OpenAct, stick: str) -> None:
    """Close the door of keys that an older round made and the stick never came through."""
    row = Stick.objects.get(pk=stick)
    if row.next_certificate:
        row.next_certificate = ""
        opened.touch(row)


def _key_is_taken(stick: Stick, keys: NewKeys) -> bool:
    either = Q(identity_key=keys.identity_key) | Q(door_key=keys.door_key)
    return Stick.objects.filter(either).exists() or Renewal.objects.filter(either).exclude(stick=stick).exists()


def _change_over(opened: OpenAct, identifier: str) -> None:
    stick = Stick.objects.get(pk=identifier)
    renewal = Renewal.objects.get(stick=stick)
    if renewal.done_ms is not None:
        return
    shown = signed.unverified(stick.next_certificate, certificate.StickCertificate)
    if (shown.identity_key, shown.door_key) != (renewal.identity_key, renewal.door_key):
        raise Problem(Code.OUT_OF_ORDER)
    stick.identity_key, stick.door_key = shown.identity_key, shown.door_key
    stick.certificate, stick.next_certificate = stick.next_certificate, ""
    stick.certificate_until_ms = shown.not_after_ms
    opened.touch(stick)
    renewal.done_ms = now_ms()
    renewal.save(update_fields=["done_ms"])
    opened.write(Act.RENEWED, Thing("stick", stick.id), {"rekey": renewal.rekey_id})
