"""The server's API as the stick calls it: one kept-alive TLS 1.3 connection through the door, pinned."""

from types import TracebackType
from typing import Final, Self

import httpx

from hanare_core import wire
from hanare_core.effects import Ask
from hanare_core.messages.api import Refusal
from hanare_core.pinning import pinned
from hanare_core.problems import Code, Problem
from hanare_core.site import Site

CONNECT_S: Final = 10.0
"""The door's first handshake may need a second try, which WireGuard makes after 5 s."""

ANSWER_S: Final = 10.0
"""Five times what the server itself waits for a gateway."""

KEPT_S: Final = 60.0
"""How long the connection waits for the worker to type; the server's front keeps it 75 s, a new one costs two trips."""


class Api:
    """Calls to the server; every failure is a Problem."""

    def __init__(self, site: Site) -> None:
        place = (
            f"[{site.api.address}]:{site.api.port}"
            if ":" in site.api.address
            else f"{site.api.address}:{site.api.port}"
        )
        self._name = site.tls_name
        self._base, self._pem = f"https://{place}", site.server_certificate
        self._client = self._new()

    async def ask(self, request: Ask) -> wire.Message:
        """Return the answer, or raise the refusal's Problem, SERVER_UNREACHABLE or MALFORMED."""
        try:
            answer = await self._client.post(
                request.path,
                content=wire.encode(request.message),
                headers={"Content-Type": "application/json"},
                extensions={"sni_hostname": self._name},
            )
        except httpx.HTTPError as error:
            raise Problem(Code.SERVER_UNREACHABLE) from error
        if answer.status_code != httpx.codes.OK:
            refusal = wire.decode(answer.content, Refusal)
            raise Problem(refusal.code, detail=refusal.detail)
        return wire.decode(answer.content, request.shape)

    async def reconnect(self) -> None:
        """Speak by a new connection from now on: the door has another address."""
        kept, self._client = self._client, self._new()
        await kept.aclose()

    def _new(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._base,
            verify=pinned(self._pem),
            trust_env=False,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(keepalive_expiry=KEPT_S),
            headers={"Host": self._name},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
