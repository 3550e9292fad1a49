"""What the kitting station's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.registry import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Give a server."""
    made = Registry(tmp_path)
    yield made
    made.close()
