"""The addresses of the API, below /api/v1, and its OpenAPI document. No page of the framework is served."""

from django.urls import URLPattern, path
from ninja import NinjaAPI

from hanare_server.api import acts, directory, lending, messages, reads, reports, settings
from hanare_server.api.edge import at_the_edge, handle_errors, nowhere

app_name = "api"

_api = NinjaAPI(title="Hanare", version="1", urls_namespace=app_name, docs_url=None, openapi_url="/openapi.json")
for _router in dict.fromkeys(part.router for part in (reads, acts, directory, lending, messages, reports, settings)):
    _api.add_router("", _router)
handle_errors(_api)


def _bounded(pattern: URLPattern) -> URLPattern:
    # The framework asks where `api-root` is; the page that it would show there is none of ours.
    pattern.callback = at_the_edge(nowhere if pattern.name == "api-root" else pattern.callback)
    return pattern


urlpatterns = [
    *(_bounded(found) for found in _api.urls[0] if isinstance(found, URLPattern)),
    path("<path:rest>", at_the_edge(nowhere)),
]
