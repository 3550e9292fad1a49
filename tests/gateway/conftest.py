"""A city with a real gateway for the tests of this folder; run them by `python -m hanare_lab.enter -- pytest …`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a fresh city, a scripted hub, wireguard-go and the agent, in step with an empty snapshot."""
    with Site(tmp_path) as made:
        made.start_agent()
        made.hub.introduce()
        yield made
