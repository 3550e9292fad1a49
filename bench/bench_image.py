"""The image: how long a build takes, how big the root is; sizes are Debian's of the day.

A cold build has no tree in its cache and no network but Debian's mirror, so it runs outside the lab: `make bench-image`
starts it there. An incremental one finds the trees. Run alone: both cores are used.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.report import Row, publish
from hanare_image import release
from hanare_image.build.tree import CACHE_ENV
from hanare_lab.inside import is_inside

COLD_LIMIT_S: Final = 1200
INCREMENTAL_LIMIT_S: Final = 180
NO_FIRMWARE_LIMIT_MB: Final = 260
FULL_LIMIT_MB: Final = 420
CHECKOUT: Final = Path(__file__).resolve().parents[1]


def main() -> int:
    """Build as often as the figures need; --small leaves out the cold build and the variant with firmware."""
    parser = argparse.ArgumentParser(prog="bench_image")
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    if is_inside():
        print("bench_image: needs Debian's mirror, run it outside the lab: .venv/bin/python -m bench.bench_image")
        return 0
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-image-", dir="/var/tmp") as name:
        folder = Path(name)
        if not small:
            rows.append(_row("build_cold_s", _build("basic", folder, cache=folder / "cache"), "s", COLD_LIMIT_S))
        _build("basic", folder)
        rows.append(_row("build_incremental_s", _build("basic", folder), "s", INCREMENTAL_LIMIT_S))
        rows.append(_row("root_mb_no_firmware", _root_mb(folder / "basic"), "MB", NO_FIRMWARE_LIMIT_MB))
        if not small:
            _build("office", folder)
            rows.append(_row("root_mb_full", _root_mb(folder / "office"), "MB", FULL_LIMIT_MB))
    publish("image", rows)
    return 0


def _build(variant: str, output: Path, *, cache: Path | None = None) -> float:
    environment = {**os.environ, **({CACHE_ENV: str(cache)} if cache else {})}
    environment["PYTHONPATH"] = f"{CHECKOUT / 'core'}:{CHECKOUT / 'image'}"
    begun = time.monotonic()
    command = [sys.executable, "-m", "hanare_image.build", f"--variant={variant}", f"--output={output}"]
    subprocess.run(command, env=environment, check=True)
    return time.monotonic() - begun


def _root_mb(folder: Path) -> float:
    part = release.read(folder).part(release.ROOT)
    assert part is not None
    return part.size / 1e6


def _row(metric: str, value: float, unit: str, limit: float) -> Row:
    return Row(metric, value, unit, 1, against=f"limit {limit:g}", ratio=value / limit)


if __name__ == "__main__":
    sys.exit(main())
