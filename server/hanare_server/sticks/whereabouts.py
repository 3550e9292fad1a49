"""From which line a stick speaks: its address on the internet, as the gateway sees it.

A door's own address is the key's, the same for a stick and its copy; the line tells the two apart. It is asked for in
the moment in which the stick speaks, because WireGuard knows of each key only who spoke last.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from hanare_server import hub_client
from hanare_server.directory.models import Stick
from hanare_server.sockets import Unreachable

LOOKS: Final = 8
"""Looks at once; each is answered within a second, mostly in milliseconds."""

_pool: Final = ThreadPoolExecutor(LOOKS, thread_name_prefix="whereabouts")


def line_of(organisation: str, stick: str) -> str:
    """Return the address from which the stick's door speaks now; empty when no gateway tells."""
    try:
        return hub_client.where(organisation, stick)
    except Unreachable:
        return ""


@contextmanager
def noted(stick: Stick) -> Iterator[None]:
    """Look beside what the block does, and note the line of this sign-in."""
    look = _pool.submit(line_of, stick.organisation_id, stick.pk)
    yield
    line = look.result()
    if line:
        Stick.objects.filter(pk=stick.pk).update(seen_line=line)
