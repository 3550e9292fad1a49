"""A hall with Hanare installed, for stories; each story file gets its own, and ends what it began."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_lab.inside import is_inside
from hanare_lab.installation.hall import Hall


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip stories when pytest was started outside the lab."""
    if is_inside():
        return
    outside = pytest.mark.skip(reason="runs inside the lab: make story CASE=…")
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(outside)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall for a story file: two office PCs with a user each, two homes."""
    logs = tmp_path_factory.mktemp("logs")
    with Hall(pcs=2, homes=("192.168.1.0/24", "192.168.2.0/24"), log_dir=logs) as made:
        yield made.open()
