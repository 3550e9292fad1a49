"""A city with a real gateway for the tests of this folder; run them by `python -m hanare_lab.enter -- pytest …`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_lab.inside import is_inside
from tests.gateway.site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the lab when pytest was started outside it."""
    if is_inside():
        return
    outside = pytest.mark.skip(reason="runs inside the lab: python -m hanare_lab.enter -- pytest …")
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("lab"):
            item.add_marker(outside)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a fresh city, a scripted hub, wireguard-go and the agent, in step with an empty snapshot."""
    with Site(tmp_path) as made:
        made.start_agent()
        made.hub.introduce()
        yield made
