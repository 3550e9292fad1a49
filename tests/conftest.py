"""What every test shares: the soak tier, which `make soak` runs part by part and everything else leaves out."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --soak."""
    parser.addoption("--soak", action="store_true", help="run the long tests (make soak), and only those")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the soak tests for --soak, and everything else for all other runs."""
    wanted = bool(config.getoption("--soak"))
    others = [item for item in items if (item.get_closest_marker("soak") is not None) is not wanted]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
