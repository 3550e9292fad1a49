"""A hall with Hanare installed, for stories; each story file gets its own, and ends what it began."""

from collections.abc import Iterator

import pytest

from hanare_lab.installation.hall import Hall


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One hall for a story file: two office PCs with a user each, two homes."""
    logs = tmp_path_factory.mktemp("logs")
    with Hall(pcs=2, homes=("192.168.1.0/24", "192.168.2.0/24"), log_dir=logs) as made:
        yield made.open()
