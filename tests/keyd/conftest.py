"""A keyd per test: as a process, or in this process with a settable clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keyd.office import Client, InProcess, Keyd, Stick, write_settings


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Keyd]:
    """Run a keyd with one organisation."""
    process = Keyd(write_settings(tmp_path))
    with process.running():
        yield process


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[InProcess]:
    """Give keyd's service in this process."""
    service = InProcess(tmp_path)
    yield service
    service.close()


@pytest.fixture
def client(inside: InProcess) -> Client:
    """Give a client of the service in this process."""
    return inside.client()


@pytest.fixture
def stick() -> Stick:
    """Give a stick that the organisation's CA certified."""
    return Stick("stick-1")
