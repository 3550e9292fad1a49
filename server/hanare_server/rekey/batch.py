"""What goes to the kitting station and comes back: what sticks signed, and what the CA signed.

The server never holds the CA's key and is not believed either: the station verifies each request by the stick's old
certificate, and the server each certificate by the CA's public key.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hanare_core import certificate, keyring, signed
from hanare_core.certificate import StickCertificate
from hanare_core.messages.renewal import Answer, Request
from hanare_core.problems import Code, Problem
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.clock import now_ms
from hanare_server.directory.models import Organisation, Stick
from hanare_server.rekey import rounds
from hanare_server.rekey.models import GatewayListRow, Renewal


class Refused(NamedTuple):
    """A line of an import that was not taken."""

    number: int
    stick: str
    code: str


def waiting(organisation: Organisation) -> Iterable[Request]:
    """Return the requests that wait for the kitting station, in the order of their sticks."""
    found = Renewal.objects.filter(stick__organisation=organisation, certified_ms=None, stick__state__in=rounds.IN_USE)
    for renewal in found.select_related("stick").order_by("stick"):
        yield Request(certificate=renewal.stick.certificate, signed=renewal.signed)


def take(opened: OpenAct, answers: Sequence[Answer]) -> list[Refused]:
    """Keep the certificates that hold; both doors of their sticks stand from this act on. Return what was refused."""
    refused: list[Refused] = []
    for number, answer in enumerate(answers, start=1):
        try:
            _take_one(opened, answer.certificate)
        except Problem as problem:
            refused.append(Refused(number, _name(answer.certificate), problem.code.value))
    detail = {"taken": str(len(answers) - len(refused)), "refused": str(len(refused))}
    opened.write(Act.CERTIFICATES_IMPORTED, Thing("organisation", opened.organisation.id), detail)
    return refused


def take_list(opened: OpenAct, text: str) -> int:
    """Keep a gateway list; return its number. Raises Problem(NOT_AUTHENTIC, MALFORMED, or CONFLICT for an old one)."""
    organisation = opened.organisation
    told = keyring.gateway_list(text, organisation.ca_key, organisation.id)
    newest = rounds.newest_list(organisation.id)
    if newest is not None and told.number <= newest.number:
        raise Problem(Code.CONFLICT, detail={"number": str(newest.number)})
    GatewayListRow.objects.create(organisation=organisation, number=told.number, signed=text, imported_ms=now_ms())
    names = " ".join(gateway.id for gateway in told.gateways)
    detail = {"number": str(told.number), "gateways": names}
    opened.write(Act.GATEWAYS_ANNOUNCED, Thing("organisation", organisation.id), detail)
    return told.number


def _take_one(opened: OpenAct, text: str) -> None:
    organisation, now = opened.organisation, now_ms()
    shown = certificate.verify(text, organisation.ca_key, organisation=organisation.id, now_ms=now)
    renewal = Renewal.objects.filter(stick=shown.stick, stick__organisation=organisation, done_ms=None).first()
    if renewal is None:
        raise Problem(Code.NOT_FOUND)
    if (shown.identity_key, shown.door_key) != (renewal.identity_key, renewal.door_key):
        raise Problem(Code.CONFLICT)
    stick = Stick.objects.get(pk=shown.stick)
    stick.next_certificate = text
    opened.touch(stick)
    renewal.certified_ms = now
    renewal.save(update_fields=["certified_ms"])


def _name(text: str) -> str:
    try:
        return signed.unverified(text, StickCertificate).stick
    except Problem:
        return "?"
