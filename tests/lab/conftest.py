"""Fixtures of the lab's own tests; run them by ``python -m hanare_lab.enter -- pytest tests/lab``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hanare_lab.city import City


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One city for a module's tests: two homes, the second on the office's own subnet."""
    logs = tmp_path_factory.mktemp("logs")
    with City(pcs=2, homes=("192.168.1.0/24", "10.20.0.0/24"), log_dir=logs) as made:
        yield made
