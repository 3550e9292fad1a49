"""The copy outside: each row of the log, and checkpoints, as syslog messages (RFC 5424) to the place in the settings.

`unix:/dev/log` is a local datagram socket, `tcp:HOST:PORT` a stream with octet counting (RFC 6587 §3.4.1). What was
sent is remembered by number after the send, so a crash repeats messages and never leaves one out. A place that does
not answer is tried again in the next round; the log itself waits for nobody.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

import msgspec
from django.conf import settings

from hanare_core import log_lines
from hanare_server.audit.models import AuditRow, OffBoxCopy
from hanare_server.audit.seal import newest_checkpoint
from hanare_server.directory.models import Organisation

PRIORITY: Final = 13 * 8 + 5
"""Facility 13, "log audit" (RFC 5424 §6.2.1); severity 5, notice."""

ENTERPRISE: Final = "hanare@32473"
"""Name of the structured data; 32473 is the number for documentation (RFC 5612) until we have one of our own."""

BATCH_ROWS: Final = 500
"""Rows in one round: a second of the busiest morning."""

ANSWER_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


def send_all() -> int:
    """Send what is new of every organisation; return how many rows went."""
    place = settings.HANARE.syslog
    return sum(_send(organisation, place) for organisation in Organisation.objects.all()) if place else 0


def message(row: AuditRow) -> bytes:
    """Return the row as one syslog message."""
    moment = datetime.fromtimestamp(row.time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {
        "organisation": row.organisation_id,
        "number": str(row.number),
        "actor": row.actor,
        "object": row.object,
        "hash": row.row_hash,
    }
    pairs = " ".join(f'{name}="{_escaped(value)}"' for name, value in data.items())
    detail = msgspec.json.encode(row.detail, order="sorted").decode()
    return f"<{PRIORITY}>1 {moment} {_host()} hanare - {row.act} [{ENTERPRISE} {pairs}] {detail}".encode()


def _send(organisation: Organisation, place: str) -> int:
    copy, _ = OffBoxCopy.objects.get_or_create(organisation=organisation)
    new = AuditRow.objects.filter(organisation=organisation, number__gt=copy.number)
    rows = list(new.order_by("number")[:BATCH_ROWS])
    if not rows:
        return 0
    try:
        _deliver(place, [*map(message, rows), *_seal(organisation)])
    except OSError as error:
        log_lines.event(_log, logging.ERROR, "syslog does not answer", place=place, error=type(error).__name__)
        return 0
    copy.number = rows[-1].number
    copy.save()
    return len(rows)


def _seal(organisation: Organisation) -> Iterator[bytes]:
    checkpoint = newest_checkpoint(organisation)
    if checkpoint is not None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = f'[{ENTERPRISE} organisation="{organisation.pk}" number="{checkpoint.number}"]'
        yield f"<{PRIORITY}>1 {moment} {_host()} hanare - checkpoint {data} {checkpoint.signed}".encode()


def _deliver(place: str, messages: list[bytes]) -> None:
    kind, _, rest = place.partition(":")
    if kind == "unix":
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(rest)
            for one in messages:
                line.send(one)
        return
    host, _, port = rest.rpartition(":")
    with closing(socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS)) as line:
        line.sendall(b"".join(b"%d %s" % (len(one), one) for one in messages))


def _escaped(value: str) -> str:
    """Escape what structured data may not hold bare (RFC 5424 §6.3.3)."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _host() -> str:
    return socket.gethostname()[:255] or "-"
