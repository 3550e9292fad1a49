"""What every test shares: the soak tier, which `make soak` runs part by part and everything else leaves out.

Hypothesis sets no deadlines: on a shared machine they fail for another's load, and timings belong to benches.
"""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("hanare", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hanare")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --soak."""
    parser.addoption("--soak", action="store_true", help="run the long tests (make soak), and only those")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks that must be known also without this checkout's settings and plugins, as on Debian 13."""
    config.addinivalue_line("markers", "soak: too long for every change; `make soak` runs it")
    config.addinivalue_line("markers", "timeout(seconds): of pytest-timeout, which only the development machine has")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the soak tests for --soak, and everything else for other runs; skip what needs a lab where there is none."""
    wanted = bool(config.getoption("--soak"))
    others = [item for item in items if (item.get_closest_marker("soak") is not None) is not wanted]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    in_lab = [item for item in items if item.get_closest_marker("lab")]
    if in_lab and not _is_inside():
        outside = pytest.mark.skip(reason="runs inside the lab: python -m hanare_lab.enter -- pytest -m lab …")
        for item in in_lab:
            item.add_marker(outside)


def _is_inside() -> bool:
    from hanare_lab.inside import is_inside  # noqa: PLC0415 - Debian 13's own Python has no lab, and no test of one

    return is_inside()
