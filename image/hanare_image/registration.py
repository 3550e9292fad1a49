"""Brings a new stick's public half to the server, with the batch's token, over TLS 1.3 with the pinned certificate."""

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
    host = f"[{server.address}]" if ":" in server.address else server.address
    try:
        answer = httpx.Client(verify=pinned(site.server_certificate), trust_env=False, timeout=ANSWER_S).post(
            f"https://{host}:{server.port}{api.REGISTER_PATH}",
            content=wire.encode(message),
            headers={"Host": site.tls_name, "Content-Type": "application/json"},
            extensions={"sni_hostname": site.tls_name},
        )
        _check(answer, written.stick)
    except httpx.HTTPError as error:
        raise refused("server-silent", server=f"{host}:{server.port}", reason=error) from error
    except Problem as problem:
        raise refused("server-answer") from problem


def _check(answer: httpx.Response, stick: str) -> None:
    if answer.status_code != httpx.codes.OK:
        refusal = wire.decode(answer.content, api.Refusal)
        title, following = sentence(refusal.code, terminal_language())
        raise refused("server-refused", title=title, next=following, code=refusal.code.value)
    if wire.decode(answer.content, api.Registered).stick != stick:
        raise refused("server-other-stick")
