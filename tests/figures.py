"""Figures that a soak test finds, for the table that `make soak` writes."""

import os
from pathlib import Path
from typing import Final

ENVIRONMENT: Final = "HANARE_SOAK_FIGURES"
"""Path of the file to which figures are added, one a line; not set: they are only printed."""


def figure(metric: str, value: float, unit: str) -> None:
    """Note one figure, for example `figure("guesses", 200, "")`."""
    line = f"{metric} {value:g} {unit}".rstrip()
    print(line)  # noqa: T201 - for whoever runs the test by hand with -s
    path = os.environ.get(ENVIRONMENT)
    if path:
        with Path(path).open("a", encoding="utf-8") as kept:
            kept.write(line + "\n")
