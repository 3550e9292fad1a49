"""Imports by a script: previewed, and with `--yes` carried out and waited for. Faulty rows are said one a line.

Standard output is the preview's JSON, or the ended job's.
"""

import base64
import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from hanare_server.client.calls import Calls
from hanare_server.client.texts import ClientError

LOOK_S: Final = 0.5
"""Between two looks at a job: ten thousand rows take seconds."""

_LIVING: Final = {"waiting", "running"}


class Files(StrEnum):
    """What comes by file, in the word of its address."""

    DEPARTMENTS = "departments"
    OFFICE_PCS = "office-pcs"
    STICKS = "sticks"
    USERS = "users"


def of_file(calls: Calls, files: Files, file: Path, *, confirmed: bool) -> dict[str, Any]:
    """Preview a file, or import it; raises ClientError, also for a file with faulty rows."""
    try:
        given = {"file": base64.b64encode(file.read_bytes()).decode("ascii")}
    except OSError as error:
        raise ClientError("file-unreadable", file=str(file)) from error
    preview = _without_faults(calls.send(f"/imports/{files.value}/preview", given))
    if not confirmed:
        return preview
    return _done(calls, calls.send(f"/imports/{files.value}", {**given, "shown": preview["shown"]}))


def of_directory(calls: Calls, *, confirmed: bool) -> dict[str, Any]:
    """Preview what taking over the office's directory would do, or take it over; raises as `of_file` does."""
    preview = _without_faults(calls.post("/directory/preview"))
    return _done(calls, calls.send("/directory/sync", {"shown": preview["shown"]})) if confirmed else preview


def _without_faults(preview: dict[str, Any]) -> dict[str, Any]:
    for fault in preview["faults"]:
        sys.stderr.write(f"{fault['line']}: {fault['sentence']}\n")
    if preview["faulty"]:
        raise ClientError("import-faulty", count=preview["faulty"])
    return preview


def _done(calls: Calls, job: dict[str, Any]) -> dict[str, Any]:
    """Wait until the server's worker has ended the job; who is tired of waiting presses Ctrl-C, and the job goes on."""
    while job["state"] in _LIVING:
        time.sleep(LOOK_S)
        job = calls.get(f"/jobs/{job['id']}")
    if job["state"] != "done":
        raise ClientError("job-not-done", state=job["state"], facts=json.dumps(job["result"]))
    return job
