"""Calls of the API: one connection, pages followed to a bound, and refusals as sentences."""

from types import TracebackType
from typing import Any, Final, Self

import httpx

from hanare_core import sentences
from hanare_core.problems import Code
from hanare_core.texts import terminal_language
from hanare_server.client.settings import Settings
from hanare_server.client.texts import ClientError

TIMEOUT_S: Final = 30.0
"""A stop waits two seconds for its receipts; a busy server gets the rest."""

PAGE_ROWS: Final = 200


class Calls:
    """The API of one server, while the `with` lasts."""

    def __init__(self, settings: Settings) -> None:
        headers = {"Authorization": f"Bearer {settings.token}", "Accept": "application/json"}
        # No proxy and no .netrc: the token goes to the server that the settings name, and to no other.
        self._client = httpx.Client(
            base_url=f"{settings.url}/api/v1", headers=headers, timeout=TIMEOUT_S, verify=settings.tls, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def rows(self, path: str, cursor: str, most: int, **filters: str | None) -> list[dict[str, Any]]:
        """Return at most `most` rows of a list; cursor: the name by which the list is asked for what follows."""
        query: dict[str, Any] = {name: value for name, value in filters.items() if value}
        found: list[dict[str, Any]] = []
        while len(found) < most:
            page = self._ask("GET", path, params={**query, "limit": min(PAGE_ROWS, most - len(found))})
            found += page["rows"]
            if page["next"] is None:
                break
            query[cursor] = page["next"]
        return found

    def post(self, path: str) -> dict[str, Any]:
        """Do something and return what the server says of it."""
        return self._ask("POST", path)

    def call(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Call an endpoint of the OpenAPI document by name; body: its JSON, empty for none."""
        headers = {"Content-Type": "application/json"} if body else {}
        return self._ask(method, path, content=body, headers=headers)

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **more)
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ClientError("server-silent", url=str(self._client.base_url)) from error
        if not isinstance(body, dict):
            raise ClientError("server-silent", url=str(self._client.base_url))
        if answer.is_success:
            return body
        raise _refused(body)


def _refused(body: dict[str, Any]) -> ClientError:
    code = str(body.get("code", ""))
    known = code in set(Code)
    title = sentences.sentence(Code(code), terminal_language()).title if known else code
    facts = " ".join(f"{name}={value}" for name, value in dict(body.get("detail") or {}).items())
    return ClientError("refused", title=title, code=code, facts=facts)
