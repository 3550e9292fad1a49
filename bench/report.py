"""What every bench prints and writes: a table for people, rows for programs in bench/results/NAME.json."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parent / "results"


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
    text = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
