"""The addresses of the API, below /api/v1, and its OpenAPI document. No page of the framework is served."""

from typing import Final

from django.urls import URLPattern, path
from ninja import NinjaAPI

from hanare_server.api import (
    acts,
    bulk,
    carrier,
    directory,
    evidence,
    imports,
    lending,
    messages,
    reads,
    reports,
    settings,
)
from hanare_server.api.edge import BODY_BYTES, FILE_BODY_BYTES, at_the_edge, handle_errors, nowhere

app_name = "api"

_api = NinjaAPI(title="Hanare", version="1", urls_namespace=app_name, docs_url=None, openapi_url="/openapi.json")
_PARTS: Final = (
    reads,
    acts,
    bulk,
    carrier,
    directory,
    evidence,
    imports,
    lending,
    messages,
    reports,
    settings,
)
for _router in dict.fromkeys(part.router for part in _PARTS):
    _api.add_router("", _router)
handle_errors(_api)


_LARGE: Final = ("imports/", "many/")
"""Below these, bodies bring a file, or thousands of identifiers."""


def _bounded(pattern: URLPattern) -> URLPattern:
    # The framework asks where `api-root` is; the page that it would show there is none of ours.
    view = nowhere if pattern.name == "api-root" else pattern.callback
    large = str(pattern.pattern).startswith(_LARGE)
    pattern.callback = at_the_edge(view, FILE_BODY_BYTES if large else BODY_BYTES)
    return pattern


urlpatterns = [
    *(_bounded(found) for found in _api.urls[0] if isinstance(found, URLPattern)),
    path("<path:rest>", at_the_edge(nowhere, BODY_BYTES)),
]
