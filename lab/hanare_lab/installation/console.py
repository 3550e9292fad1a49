"""An administrator at the console, by the console's own HTTP interface: signs in, suspends, resumes, reads the list.

The second factor is a TOTP code, which the console takes once: who signs in twice within one step waits for the next.
So one browser serves a whole story. It signs in anew when its session has ended, as with a restored backup.
"""

import time
from pathlib import Path
from typing import Any, Final

import httpx

from hanare_core import totp

ANSWER_S: Final = 60.0
_MARGIN_S: Final = 0.2
"""After the next step has begun: the server's clock is ours."""

_BASE: Final = "http://localhost"
_JSON: Final = {"Accept": "application/json"}
_SIGNED_OUT: Final = frozenset({httpx.codes.FOUND, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})
"""To the sign-in page, no such session, and no such CSRF cookie."""


class Console:
    """One signed-in browser without a screen."""

    def __init__(self, socket: Path, name: str, password: str, totp_secret: str) -> None:
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url=_BASE, timeout=ANSWER_S, trust_env=False
        )
        self._form = {"login": name, "password": password}
        self._totp_secret = totp_secret
        self._sign_in()

    def suspend(self, things: str, identifier: str) -> dict[str, Any]:
        """Suspend a stick, user, session, department or organisation (`things` is the plural); return the receipts."""
        return self._act(things, identifier, "suspend")

    def resume(self, things: str, identifier: str) -> dict[str, Any]:
        """Let it work again."""
        return self._act(things, identifier, "resume")

    def act(self, path: str) -> None:
        """Press the button of a page that sends nothing but itself."""
        answer = self._post(path, {})
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"the console refused {path}: {answer.status_code}")

    def page(self, path: str) -> str:
        """Return a page's HTML."""
        answer = self._client.get(path)
        if answer.status_code in _SIGNED_OUT:
            self._sign_in()
            answer = self._client.get(path)
        return answer.raise_for_status().text

    def gateways_in_touch(self) -> int:
        """Return how many gateways are in touch, as the administrator reads it."""
        return self.page("/console/directory/gateways").count("接続中")

    def close(self) -> None:
        """Forget the cookies."""
        self._client.close()

    def _sign_in(self) -> None:
        self._client.cookies.clear()
        self._client.get("/console/sign-in").raise_for_status()
        answer = self._post("/console/sign-in", self._form)
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"the console refused the administrator: {answer.status_code}")
        self._prove()

    def _prove(self) -> None:
        """Send the second factor; a code that was used already is followed by the next step's."""
        for _ in range(2):
            now_ms = time.time_ns() // 1_000_000
            answer = self._post("/console/sign-in/factor", {"code": totp.code_at(self._totp_secret, now_ms)})
            if answer.status_code == httpx.codes.FOUND:
                return
            time.sleep((totp.STEP_MS - now_ms % totp.STEP_MS) / 1000 + _MARGIN_S)
        raise RuntimeError(f"the console refused the second factor: {answer.status_code}")

    def _act(self, things: str, identifier: str, act: str) -> dict[str, Any]:
        path = f"/console/api/{things}/{identifier}/{act}"
        answer = self._post(path, {}, _JSON)
        if answer.status_code in _SIGNED_OUT:
            self._sign_in()
            answer = self._post(path, {}, _JSON)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    def _post(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        token = self._client.cookies.get("hanare_csrf") or ""
        sent = {**(headers or {}), "X-CSRFToken": token}
        return self._client.post(path, data={**form, "csrfmiddlewaretoken": token}, headers=sent)
