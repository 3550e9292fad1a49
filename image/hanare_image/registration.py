"""Brings a new stick's public half to the server, with the batch's token, over TLS 1.3 with the pinned certificate.

The server's word for the time is as good as its certificate, whose own dates are not checked.
"""

from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from hanare_core import signed, wire
from hanare_core.messages import api
from hanare_core.pinning import pinned
from hanare_core.problems import Problem
from hanare_core.sentences import sentence
from hanare_core.signed import Kind
from hanare_core.site import Endpoint, Site
from hanare_core.texts import terminal_language
from hanare_image.device import Written
from hanare_image.texts import refused

ANSWER_S: Final = 10.0
"""One transaction on the server; milliseconds on an office LAN."""


def register(server: Endpoint, site: Site, written: Written, token: str, label: str) -> None:
    """Register the stick; raise KittingError with the server's code. Repeating it is answered alike."""
    body = api.RegisterBody(token=token.strip(), certificate=written.certificate, label=label)
    message = api.Register(signed=signed.sign(Kind.REGISTER, body, written.identity))
    answer = _ask(server, site, "POST", wire.encode(message))
    try:
        _check(answer, written.stick)
    except Problem as problem:
        raise refused("server-answer") from problem


def server_time(server: Endpoint, site: Site) -> float:
    """Return the server's time, seconds since 1970, by its answer's Date (RFC 9110, 6.6.1); raise KittingError."""
    try:
        return parsedate_to_datetime(_ask(server, site, "GET").headers.get("Date", "")).timestamp()
    except ValueError as error:
        raise refused("server-answer") from error


def _ask(server: Endpoint, site: Site, method: str, content: bytes = b"") -> httpx.Response:
    host = f"[{server.address}]" if ":" in server.address else server.address
    try:
        with httpx.Client(verify=pinned(site.server_certificate), trust_env=False, timeout=ANSWER_S) as client:
            return client.request(
                method,
                f"https://{host}:{server.port}{api.REGISTER_PATH}",
                content=content,
                headers={"Host": site.tls_name, "Content-Type": "application/json"},
                extensions={"sni_hostname": site.tls_name},
            )
    except httpx.HTTPError as error:
        raise refused("server-silent", server=f"{host}:{server.port}", reason=error) from error


def _check(answer: httpx.Response, stick: str) -> None:
    if answer.status_code != httpx.codes.OK:
        refusal = wire.decode(answer.content, api.Refusal)
        title, following = sentence(refusal.code, terminal_language())
        raise refused("server-refused", title=title, next=following, code=refusal.code.value)
    if wire.decode(answer.content, api.Registered).stick != stick:
        raise refused("server-other-stick")
