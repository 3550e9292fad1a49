"""What an endpoint demands and may answer: said once, for the check and for the OpenAPI document alike."""

from typing import Any, Final

from hanare_server.api.bearer import Bearer
from hanare_server.api.shapes import Refusal, Standing
from hanare_server.console.roles import Permission

SCOPE: Final = "x-hanare-scope"
"""Name of the scope in the OpenAPI document."""

_REFUSALS: Final = frozenset({400, 401, 403, 404, 405, 409, 413, 429, 503})
"""503: keyd or the hub is away for a moment."""


def demands(permission: Permission) -> dict[str, Any]:
    """Return the arguments of a route that demand this permission of token and role."""
    return {"auth": Bearer(permission), "openapi_extra": {SCOPE: permission.value}}


def answers(shape: Any, *, waiting: bool = False) -> dict[Any, Any]:
    """Return the answers of a route: its own, the refusals, and whether it may wait for a second person (202)."""
    return {200: shape, **({202: Standing} if waiting else {}), _REFUSALS: Refusal}
