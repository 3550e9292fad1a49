"""How long the independent verifier takes over a long audit log.

usage: python -m bench.bench_audit [ROWS]  (1,000,000 by default)
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey

from bench.report import Row, publish
from hanare_core import audit, signed
from hanare_core.checkpoint import Checkpoint
from hanare_core.signed import Kind

ROWS: Final = 1_000_000
VERIFIER: Final = Path(__file__).parents[1] / "tools/verify_audit.py"


def main(rows: int) -> None:
    """Write a log of that many rows, verify it, publish the time."""
    key = SigningKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "log.jsonl"
        with export.open("wb") as file:
            file.writelines(_lines(rows, key))
        started = time.monotonic()
        words = [sys.executable, "-I", VERIFIER, export, f"--key={signed.public_text(key)}", "--language=en"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        took_s = time.monotonic() - started
    print(done.stdout.strip())
    publish("audit", [Row("verify_audit_s", took_s, "s", rows), Row("verify_rows_s", rows / took_s, "1/s", rows)])


def _lines(rows: int, key: SigningKey) -> Iterator[bytes]:
    previous = audit.FIRST_HASH
    for number in range(1, rows + 1):
        row = audit.AuditRow(
            organisation="city",
            number=number,
            time_ms=1_760_000_000_000 + number,
            actor_kind="user",
            actor=f"usr-{number % 10_000:024x}",
            act="session-opened",
            object_kind="session",
            object=f"ses-{number:024x}",
            detail={"stick": f"st-{number % 5_000:012x}", "office_pc": f"opc-{number % 10_000:024x}"},
            previous_hash=previous,
        )
        previous = audit.row_hash(row)
        fields = msgspec.structs.asdict(row)
        del fields["previous_hash"]
        yield msgspec.json.encode({**fields, "row_hash": previous}) + b"\n"
    checkpoint = Checkpoint("city", rows, previous, 1_760_000_000_000)
    yield msgspec.json.encode({"checkpoint": signed.sign(Kind.AUDIT_CHECKPOINT, checkpoint, key)}) + b"\n"
    yield msgspec.json.encode({"end": "city", "rows": rows}) + b"\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
