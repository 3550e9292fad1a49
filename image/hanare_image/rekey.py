"""`hanare stick certify` and `gateways`: what the offline CA signs in a re-key, as files from and for the server.

The file that the server exports is not believed: each request must be signed by the identity key of a certificate that
this CA issued and that still holds. So whoever rules the server can have no stick certified that was not one before.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec
import typer
from nacl.signing import SigningKey

from hanare_core import certificate, signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.keyring import GatewayList
from hanare_core.messages import renewal
from hanare_core.messages.api import RenewBody
from hanare_core.messages.renewal import Answer, Request
from hanare_core.problems import Code, Problem
from hanare_core.sentences import sentence
from hanare_core.signed import Kind
from hanare_core.texts import terminal_language
from hanare_image import kitting, options
from hanare_image.device import BACKDATE_MS, CERTIFICATE_LIFE_MS
from hanare_image.texts import refused, say

CaFolder = Annotated[Path, typer.Option("--ca", help=say("help.ca"))]
Requests = Annotated[Path, typer.Argument(help=say("help.requests"))]
Answers = Annotated[Path, typer.Argument(help=say("help.answers"))]
ListFile = Annotated[Path, typer.Argument(help=say("help.list-file"))]
SiteFile = Annotated[Path, typer.Option("--site", help=say("help.list-site"))]
Number = Annotated[int, typer.Option("--number", min=1, help=say("help.list-number"))]

MOST_GATEWAYS: Final = 4
"""A list and the one before it must fit into what a stick may know."""


class Certified(NamedTuple):
    """What came of a file of requests."""

    answers: list[Answer]
    refused: list[tuple[int, Code]]
    """Line and reason."""


def certify_requests(requests: Sequence[Request], ca_key: SigningKey, *, now_ms: int) -> Certified:
    """Sign what holds; tell what does not."""
    answers: list[Answer] = []
    wrong: list[tuple[int, Code]] = []
    for number, request in enumerate(requests, start=1):
        try:
            answers.append(Answer(_certify(request, ca_key, now_ms)))
        except Problem as problem:
            wrong.append((number, problem.code))
    return Certified(answers, wrong)


def certify(requests: Requests, answers: Answers, ca: CaFolder, passphrase_fd: options.PassphraseFd = None) -> None:
    """Sign the requests of a file."""
    try:
        asked = renewal.read(requests.read_bytes(), Request)
    except OSError as error:
        raise refused("requests", path=requests, reason=error.strerror) from error
    except Problem as problem:
        raise refused(
            "requests", path=requests, reason=", ".join(problem.detail.values()) or problem.code.value
        ) from problem
    done = certify_requests(asked, options.open_with(ca, passphrase_fd), now_ms=time.time_ns() // 1_000_000)
    with options.output(answers) as partial:
        partial.write_bytes(renewal.lines(done.answers))
    typer.echo(say("done.certified", path=answers, sticks=len(done.answers)))
    for number, code in done.refused:
        typer.echo(say("done.not-certified", line=number, reason=_why(code), code=code.value))
    if done.refused:
        raise typer.Exit(1)


def gateways(
    output: ListFile, site: SiteFile, number: Number, ca: CaFolder, passphrase_fd: options.PassphraseFd = None
) -> None:
    """Sign the gateways of a site file as the list with this number."""
    read = kitting.read_site(site)
    if len(read.gateways) > MOST_GATEWAYS:
        raise refused("many-gateways", most=MOST_GATEWAYS)
    told = GatewayList(organisation=read.organisation, number=number, gateways=read.gateways)
    text = signed.sign(Kind.GATEWAY_LIST, told, options.open_with(ca, passphrase_fd))
    try:
        msgspec.convert(text, wire.SignedText)
    except msgspec.ValidationError as error:
        raise refused("long-list") from error
    with options.output(output) as partial:
        partial.write_text(text + "\n", "ascii")
    typer.echo(say("done.list", path=output, number=number, gateways=len(read.gateways)))


def _why(code: Code) -> str:
    return sentence(code, terminal_language()).title


def _certify(request: Request, ca_key: SigningKey, now_ms: int) -> str:
    claimed = signed.unverified(request.certificate, StickCertificate)
    old = certificate.verify(
        request.certificate, signed.public_text(ca_key), organisation=claimed.organisation, now_ms=now_ms
    )
    body = signed.verify(Kind.RENEW, request.signed, old.identity_key, RenewBody)
    if body.next is None or body.stick != old.stick:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": Kind.RENEW.value})
    new = StickCertificate(
        organisation=old.organisation,
        stick=old.stick,
        identity_key=body.next.identity_key,
        door_key=body.next.door_key,
        # Never before the old one's: keyd takes the certificate that begins latest for the newest.
        not_before_ms=max(now_ms - BACKDATE_MS, old.not_before_ms + 1),
        not_after_ms=now_ms + CERTIFICATE_LIFE_MS,
    )
    return certificate.issue(new, ca_key)
