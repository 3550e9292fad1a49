"""What every bench prints and writes: a table for people, rows for programs in bench/results/NAME.json.

The file says on which commit, day (UTC) and processor it was measured; `+` behind the commit: with changes beside it.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parent / "results"
WRITTEN: Final = ("bench/results", "docs/soak.md")
"""What benches and long tests write themselves: it makes no other code of a commit."""


@dataclass(frozen=True)
class Row:
    """One figure: `against` names the peer or limit measured in the same run, `ratio` is value to it."""

    metric: str
    value: float
    unit: str
    n: int
    against: str = ""
    ratio: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share (0 to 1) of the values lies, by linear interpolation."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def publish(name: str, rows: Sequence[Row], *, written: bool = True) -> None:
    """Print the table and, unless it is a trial, write bench/results/NAME.json."""
    width = max(len(row.metric) for row in rows)
    print(f"\n{name}\n{'metric':{width}}  {'value':>12}  unit    {'n':>6}  against")
    for row in rows:
        compared = f"{row.against} (ratio {row.ratio:.3f})" if row.ratio is not None else row.against
        print(f"{row.metric:{width}}  {row.value:12.3f}  {row.unit:6}  {row.n:6}  {compared}")
    if not written:
        return
    RESULTS.mkdir(exist_ok=True)
    measured = {"commit": _commit(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "cpu": _processor()}
    text = json.dumps({**measured, "rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _commit() -> str:
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--", ":/", *(f":(top,exclude){place}" for place in WRITTEN))
    return f"{head}+" if changed else head or "unknown"


def _git(*command: str) -> str:
    found = subprocess.run(["git", *command], cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return found.stdout.strip()


def _processor() -> str:
    """Return the model and the number of processors that this process may use."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{model}, {len(os.sched_getaffinity(0))} processors"
