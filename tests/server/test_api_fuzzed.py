"""Schemathesis on the OpenAPI document, against the WSGI application: right and wrong requests, every check.

What it may stop, lend or change are things that do not exist here; what it adds is in nobody's way. The short run is
for every change and always the same; the long one is the soak part `api`, and new each time.
"""

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from hanare_server.api import tokens
from hanare_server.wsgi import application
from tests.figures import figure
from tests.server.town import Town

SHORT, LONG = 2, 100
"""Examples of each endpoint and kind."""

NAMED: Final = frozenset({"departments", "office-pcs", "users"})
"""What one adds has a name, and no pattern says which characters people can read: a right request may be refused.
So may a file: no pattern says what a spreadsheet writes."""

DOCUMENT: Final = "/api/v1/openapi.json"

pytestmark = pytest.mark.usefixtures("patient")


def test_nothing_but_documented_answers(town: Town) -> None:
    """Whatever is sent, the answer is documented, of its schema, and no fault of the server's."""
    _every_endpoint(town, SHORT)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_nothing_but_documented_answers_for_long(town: Town) -> None:
    """The same with many more examples."""
    endpoints = _every_endpoint(town, LONG)
    figure("requests", endpoints * len(GenerationMode) * LONG, "")


def _every_endpoint(town: Town, examples: int) -> int:
    town.ready()
    secret = tokens.make(town.administrator, "fuzz", tokens.OFFERED, 30).secret
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, application)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 14
    for operation in operations:
        names = operation.method == "post" and operation.path.rpartition("/")[2] in NAMED
        excluded = [positive_data_acceptance] if names or "/imports/" in operation.path else []
        for mode in GenerationMode:
            _hold(operation.as_strategy(generation_mode=mode), examples, secret, excluded)
    return len(operations)


def _hold(cases: st.SearchStrategy[Any], examples: int, secret: str, excluded: list[Any]) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SHORT,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def check(case: Any) -> None:
        # Where a wrong request is one without its token, it goes without.
        shown = "Authorization" in (case.headers or {}) or case.meta.generation.mode is GenerationMode.POSITIVE
        headers = {"Authorization": f"Bearer {secret}"} if shown else {}
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    check()
