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
        headers = {
            "Authorization": f"Bearer {settings.token}",
            "Accept": "application/json",
            "Accept-Language": terminal_language(),
        }
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

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do something that takes a body and return what the server says of it."""
        return self._ask("POST", path, json=body)

    def get(self, path: str) -> dict[str, Any]:
        """Return one thing."""
        return self._ask("GET", path)

    def document(self, path: str) -> bytes:
        """Return a document that is no JSON."""
        answer = self._request("GET", path, headers={"Accept": "*/*"})
        if not answer.is_success:
            raise _refused(self._body(answer))
        return answer.content

    def call(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Call an endpoint of the OpenAPI document by name; body: its JSON, empty for none."""
        headers = {"Content-Type": "application/json"} if body else {}
        return self._ask(method, path, content=body, headers=headers)

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = self._request(method, path, **more)
        body = self._body(answer)
        if answer.is_success:
            return body
        raise _refused(body)

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._silent() from error

    def _body(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            body = answer.json()
        except ValueError as error:
            raise self._silent() from error
        if not isinstance(body, dict):
            raise self._silent()
        return body

    def _silent(self) -> ClientError:
        return ClientError("server-silent", url=str(self._client.base_url))


def _refused(body: dict[str, Any]) -> ClientError:
    code = str(body.get("code", ""))
    known = code in set(Code)
    title = sentences.sentence(Code(code), terminal_language()).title if known else code
    facts = " ".join(f"{name}={value}" for name, value in dict(body.get("detail") or {}).items())
    return ClientError("refused", title=title, code=code, facts=facts)
