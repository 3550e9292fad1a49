"""Fixtures of the lab's own tests; run them by ``python -m hanare_lab.enter -- pytest tests/lab``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_lab.city import City
from hanare_lab.inside import is_inside


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the lab when pytest was started outside it."""
    if is_inside():
        return
    outside = pytest.mark.skip(reason="runs inside the lab: python -m hanare_lab.enter -- pytest …")
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("lab"):
            item.add_marker(outside)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One city for a module's tests: two homes, the second on the office's own subnet."""
    logs = tmp_path_factory.mktemp("logs")
    with City(pcs=2, homes=("192.168.1.0/24", "10.20.0.0/24"), log_dir=logs) as made:
        yield made
