"""What stands around every endpoint: the bound of a body, and that every refusal is code and detail.

The framework's own English never leaves the server: a fault in the request is `malformed` with the path to it.
"""

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from hanare_core.problems import Code, Problem, http_status
from hanare_server.console.guard import open_to_all

BODY_BYTES: Final = 64 * 1024
"""Largest body of most endpoints: the longest text of ours is far below."""

FILE_BODY_BYTES: Final = 6 * 1024 * 1024
"""Largest body that brings a file: 4 MiB in base64 and what stands around it."""

_LENGTH_DIGITS: Final = 12


def at_the_edge(view: Callable[..., HttpResponse], most_bytes: int) -> Callable[..., HttpResponse]:
    """Return the view with its bound; it is open to all in the console's sense, because it asks for a token itself."""

    @functools.wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if not (length.isascii() and length.isdigit()):
            return refusal(Problem(Code.MALFORMED, detail={"path": "Content-Length"}))
        if len(length) > _LENGTH_DIGITS or int(length) > most_bytes:
            return refusal(Problem(Code.TOO_LARGE, detail={"limit_bytes": str(most_bytes)}))
        answer = view(request, *args, **kwargs)
        return _wrong_method(answer) if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED else answer

    marked = open_to_all(bounded)
    marked.csrf_exempt = True  # type: ignore[attr-defined] # no cookie is looked at
    return marked  # type: ignore[return-value]


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer for an address that does not exist."""
    del request, rest
    return refusal(Problem(Code.NOT_FOUND))


def refusal(problem: Problem, status: HTTPStatus | None = None) -> HttpResponse:
    """Return the body of a refusal."""
    number = (status or http_status(problem.code)).value
    answer = JsonResponse({"code": problem.code.value, "detail": dict(problem.detail)}, status=number)
    if number == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def handle_errors(api: NinjaAPI) -> None:
    """Map every error of the framework and of ours to a refusal."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
        del request
        return refusal(problem)

    @api.exception_handler(AuthenticationError)
    def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        del request, error
        return refusal(Problem(Code.NOT_AUTHENTIC))

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        del request
        return refusal(Problem(Code.MALFORMED, detail={"path": _path(error.errors[0].get("loc", ()))}))

    @api.exception_handler(HttpError)
    def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        del request, error
        return refusal(Problem(Code.MALFORMED, detail={"path": "body"}))


def _path(place: Any) -> str:
    """Return where the fault is, in words of the request: `query.limit`, `body.due`."""
    kind, *steps = (str(step) for step in place)
    # The second is the name of a parameter of ours where a third follows; below the third stands the framework's type.
    return ".".join([kind, *(steps[1:2] or steps[:1])])


def _wrong_method(answer: HttpResponse) -> HttpResponse:
    better = refusal(Problem(Code.NOT_PERMITTED, detail={"path": "method"}), HTTPStatus.METHOD_NOT_ALLOWED)
    better["Allow"] = answer.get("Allow", "")
    return better
