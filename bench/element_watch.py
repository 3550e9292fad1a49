"""When elements of a machine's nftables came and went, as its kernel tells it the moment a transaction is committed.

A listener in the machine's network (NFNLGRP_NFTABLES), so the time is the kernel's change and no report of it.
"""

import socket
import threading
import time
from typing import Final, Self

from hanare_lab.machine import Machine
from hanare_lab.wait import until
from tests.gateway.net import in_network

_NETLINK_NETFILTER: Final = 12
_GROUP_NFTABLES: Final = 1 << 6
_SO_RCVBUFFORCE: Final = 33
_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""A snapshot of 10,000 elements tells some 3 MB at once."""
_DATAGRAM_BYTES: Final = 1 << 20
_LOOK_S: Final = 0.2
_WAIT_S: Final = 10.0


class ElementWatch:
    """Hears of changes from `with` to its end."""

    def __init__(self, machine: Machine) -> None:
        self._socket = in_network(
            machine, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        )
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        self._socket.bind((0, _GROUP_NFTABLES))
        self._socket.settimeout(_LOOK_S)
        self._heard: list[tuple[int, bytes]] = []
        self._over = False
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()
        self._socket.close()

    def changed_ns(self, address: str, since_ns: int) -> int:
        """Return when an element of this session address first changed after a time (both monotonic)."""
        wanted = socket.inet_aton(address)

        def changed() -> int | None:
            return next((at for at, told in list(self._heard) if at >= since_ns and wanted in told), None)

        found = until(changed, seconds=_WAIT_S, what=f"a change of {address}")
        assert found is not None
        return found

    def forget(self) -> None:
        """Forget what was heard so far."""
        self._heard.clear()

    def _listen(self) -> None:
        while not self._over:
            try:
                told = self._socket.recv(_DATAGRAM_BYTES)
            except TimeoutError:
                continue
            self._heard.append((time.monotonic_ns(), told))
