"""The API's edge: bounds, decodes, answers. Errors become HTTP here and nowhere else.

A body is read only if its declared length is within bounds; a request without a length has no body. Whatever
goes wrong is answered by a `Refusal` with a code of the closed list, and never by a traceback.
"""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from hanare_core import log_lines, wire
from hanare_core.messages.api import Refusal
from hanare_core.problems import Code, Problem, http_status
from hanare_server.throttle import Throttle

JSON: Final = "application/json"

BURST: Final = 40
"""Requests of one source at once: ten hurried sign-ins of four."""

PER_SECOND: Final = 1.0
"""Requests of one source in the long run. The source is a door, and so one stick."""

_METHOD_NOT_ALLOWED: Final = 405

_log: Final = logging.getLogger(__name__)
_throttle: Final = Throttle(burst=BURST, per_second=PER_SECOND)
_M = TypeVar("_M", bound=wire.Message)


def endpoint(shape: type[_M], handle: Callable[[_M, str], wire.Message]) -> Callable[..., HttpResponse]:
    """Return the view that decodes a message of this shape and answers with what `handle(message, source)` returns."""

    def view(request: HttpRequest) -> HttpResponse:
        try:
            if request.method != "POST":
                return _refuse(Code.MALFORMED, {"method": "POST"}, _METHOD_NOT_ALLOWED)
            source = source_of(request)
            if not _throttle.allows(source):
                return _refuse(Code.THROTTLED, {})
            message = wire.decode(_body(request), shape)
            return HttpResponse(wire.encode(handle(message, source)), content_type=JSON)
        except Problem as problem:
            return _refuse(problem.code, dict(problem.detail))
        except Exception as error:  # noqa: BLE001 the edge: whatever it is, the stick gets a code and the log its place
            log_lines.failure(_log, "a request could not be answered", error, request=shape.__name__)
            return _refuse(Code.INTERNAL, {})

    return csrf_exempt(view)


@csrf_exempt
def unknown_path(_request: HttpRequest) -> HttpResponse:
    """Answer whatever else is asked below the API's prefixes."""
    return _refuse(Code.NOT_FOUND, {})


def source_of(request: HttpRequest) -> str:
    """Return the sender's address. Only who speaks over our unix socket, nginx, may name another's."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return peer or request.headers.get("X-Real-IP", "")


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Problem(Code.MALFORMED, detail={"path": "Content-Length"})
    if int(length[:20]) > wire.MESSAGE_BYTES:
        raise Problem(Code.TOO_LARGE, detail={"limit_bytes": str(wire.MESSAGE_BYTES)})
    return request.read(int(length))


def _refuse(code: Code, detail: dict[str, str], status: int | None = None) -> HttpResponse:
    body = wire.encode(Refusal(code=code, detail=detail))
    response = HttpResponse(body, content_type=JSON, status=status or http_status(code).value)
    if status == _METHOD_NOT_ALLOWED:
        response.headers["Allow"] = "POST"
    return response
