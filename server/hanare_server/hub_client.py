"""The server's side of the hub's local socket (`hanare_core.messages.local`)."""

import functools
import logging
from pathlib import Path
from typing import Final, TypeVar

from django.conf import settings

from hanare_core import log_lines, wire
from hanare_core.messages import local
from hanare_core.messages.gateway import Receipt
from hanare_core.messages.stick import Reading
from hanare_core.problems import Code, Problem
from hanare_server.sockets import LineClient, Unreachable

MARGIN_SECONDS: Final = 1.0
"""How much longer than the hub we wait: its answer comes when its own time is over."""

FACTS_SECONDS: Final = 3.0
"""Facts are read from the hub's memory."""

IN_TOUCH_SECONDS: Final = 1.0
"""A handful of names from the hub's memory; sign-ins and pages wait for it."""

FACTS_BYTES: Final = 16 * wire.BULK_BYTES
"""20,000 sessions of about 150 bytes each, with margin."""

_log: Final = logging.getLogger(__name__)
_A = TypeVar("_A", bound=local.FromHub)


def ring(organisation: str, revision: int) -> None:
    """Wake the hub. It polls as well, so a bell that nobody hears costs two seconds and nothing else."""
    try:
        _client().send(wire.encode(local.Bell(organisation=organisation, revision=revision)))
    except Unreachable:
        text = "the hub did not hear the bell"
        log_lines.event(_log, logging.WARNING, text, organisation=organisation, revision=revision)


def await_lease(organisation: str, lease: str, revision: int, wait_ms: int = local.ACK_WAIT_MS) -> Code | None:
    """Return None once the lease's gateway holds it, else the code with which the wait ended; raises Unreachable."""
    request = local.AwaitLease(organisation=organisation, lease=lease, revision=revision, wait_ms=wait_ms)
    return _ask(request, local.LeaseAnswer, wait_ms / 1000 + MARGIN_SECONDS).code


def await_receipts(leases: tuple[str, ...], wait_ms: int) -> tuple[Receipt, ...]:
    """Return the receipts of these leases that arrived within wait_ms; raises Unreachable."""
    request = local.AwaitReceipts(leases=leases, wait_ms=wait_ms)
    return _ask(request, local.ReceiptsAnswer, wait_ms / 1000 + MARGIN_SECONDS).receipts


def facts(organisation: str) -> local.FactsAnswer:
    """Return what the data plane says of the organisation's sessions now; raises Unreachable."""
    return _ask(local.Facts(organisation=organisation), local.FactsAnswer, FACTS_SECONDS)


def tell(
    organisation: str, note: str, texts: tuple[str, str], sticks: tuple[str, ...], *, diagnostics: bool = False
) -> dict[str, Reading]:
    """Hand a message (Japanese, English) to these sticks; return how far it has come so far. Raises Unreachable."""
    ja, en = texts
    request = local.Tell(organisation, note, ja, en, sticks, diagnostics)
    return _ask(request, local.TellAnswer, FACTS_SECONDS).readings


def in_touch(organisation: str) -> frozenset[str]:
    """Return the organisation's gateways that are in touch now; raises Unreachable."""
    answer = _ask(local.InTouch(organisation=organisation), local.InTouchAnswer, IN_TOUCH_SECONDS)
    return frozenset(answer.gateways)


def where(organisation: str, stick: str) -> str:
    """Return the address from which the stick speaks now, empty if no gateway has heard it. Raises Unreachable."""
    return _ask(local.WhereIs(organisation=organisation, stick=stick), local.WhereAnswer, FACTS_SECONDS).address


def _ask(request: local.ToHub, shape: type[_A], seconds: float) -> _A:
    line = _client().exchange(wire.encode(request), seconds=seconds)
    try:
        return wire.decode(line, shape, limit=FACTS_BYTES)
    except Problem as error:
        raise Unreachable("hub") from error


def _client() -> LineClient:
    return _client_at(str(settings.HANARE.path("hub.sock", settings.HANARE.hub_socket)))


@functools.cache
def _client_at(path: str) -> LineClient:
    return LineClient(Path(path), limit=FACTS_BYTES)
