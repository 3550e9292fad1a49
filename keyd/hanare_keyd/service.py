"""One line in, one line out: decodes a request, has it answered, encodes the answer; every refusal has a code."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from hanare_core import log_lines, signed, wire
from hanare_core.messages import keyd
from hanare_core.problems import Code, Problem
from hanare_keyd.change_pin import ChangePin
from hanare_keyd.checkpoints import Checkpoints
from hanare_keyd.first_pin import FirstPin
from hanare_keyd.keys import Keys
from hanare_keyd.left import Left
from hanare_keyd.prove import Prove
from hanare_keyd.sign_in import SignIn
from hanare_keyd.statements import Statements
from hanare_keyd.store import Store
from hanare_keyd.upkeep import Upkeep

REQUEST_BYTES: Final = wire.MESSAGE_BYTES
"""Longest line: certificate and two statements at their own limits are under 25 KiB."""

_log = logging.getLogger(__name__)
_ANY_REQUEST: Final = cast("type[keyd.AnyRequest]", keyd.AnyRequest)


class Service:
    """keyd without its socket."""

    def __init__(self, keys: Keys, store: Store) -> None:
        self._store = store
        self._statements = Statements(keys, store.reader)
        self._public_key = signed.public_text(keys.ticket)
        self._checkpoint_key = signed.public_text(keys.checkpoint)
        sign_in = SignIn(keys, store, self._statements)
        first_pin = FirstPin(keys, store, self._statements)
        change_pin = ChangePin(keys, store, self._statements)
        upkeep = Upkeep(store)
        self._handlers: dict[type, Callable[[Any], Awaitable[keyd.AnyAnswer]]] = {
            keyd.NonceRequest: self._nonce,
            keyd.BeginRequest: sign_in.begin,
            keyd.FinishRequest: sign_in.finish,
            keyd.IssueCodeRequest: first_pin.issue_code,
            keyd.FirstPinBeginRequest: first_pin.begin,
            keyd.FirstPinFinishRequest: first_pin.finish,
            keyd.ChangePinRequest: change_pin.prove,
            keyd.NewPinRequest: change_pin.replace,
            keyd.ProveRequest: Prove(keys, store, self._statements).prove,
            keyd.ForgetUserRequest: first_pin.forget_user,
            keyd.ReconcileRequest: upkeep.reconcile,
            keyd.UnlockStickRequest: upkeep.unlock_stick,
            keyd.GuessesRequest: Left(store).tell,
            keyd.CheckpointRequest: Checkpoints(keys, store).sign,
            keyd.StatusRequest: self._status,
        }

    async def answer(self, line: bytes) -> bytes:
        """Return the answer to one request as one line; it never raises for what is in the line."""
        started = time.monotonic()
        outcome = "done"
        ids = {"request": "undecoded"}
        try:
            request = wire.decode(line, _ANY_REQUEST, limit=REQUEST_BYTES)
            ids = {"request": type(request).__name__, **_ids(request)}
            answer = await self._handlers[type(request)](request)
        except Problem as problem:
            outcome = problem.code.value
            answer = keyd.RefusalAnswer(problem.code, dict(problem.detail))
        except Exception as error:  # noqa: BLE001 - one request must not end the others; the log has its place
            outcome = Code.INTERNAL.value
            log_lines.failure(_log, "request-failed", error)
            answer = keyd.RefusalAnswer(Code.INTERNAL)
        log_lines.event(
            _log, logging.INFO, "answered", outcome=outcome, **ids, took_us=int((time.monotonic() - started) * 1e6)
        )
        return wire.encode(answer) + b"\n"

    async def _nonce(self, request: keyd.NonceRequest) -> keyd.NonceAnswer:
        return keyd.NonceAnswer(self._statements.new_nonce(request.stick, self._store.now_ms()))

    async def _status(self, _: keyd.StatusRequest) -> keyd.StatusAnswer:
        return keyd.StatusAnswer(self._public_key, self._checkpoint_key)


def _ids(request: keyd.AnyRequest) -> dict[str, str]:
    """Return the ids that the request names in clear."""
    return {name: getattr(request, name) for name in ("organisation", "stick", "user") if hasattr(request, name)}
