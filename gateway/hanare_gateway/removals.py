"""What elements had counted at the moment they left the allow set.

nf_tables tells every removal to the multicast group NFNLGRP_NFTABLES before the change returns, with the element's
final counters (linux/netfilter/nf_tables.h, linux/netfilter/nfnetlink.h). So nothing has to be read before an element
is removed, which would delay every stop (45 ms in a set of 10,000) and miss the packets in between. Netlink attributes
are type-length-value, lengths in the host's order, values in network order.
"""

import socket
import struct
from collections.abc import Iterator
from typing import Final

from hanare_core.kernel import Element, ElementFact
from hanare_gateway import elements
from hanare_gateway.allow_set import fact
from hanare_gateway.clock import mono_ms
from hanare_gateway.elements import LIST_ELEMENTS, LIST_SET, LIST_TABLE, attributes
from hanare_gateway.errors import KernelError

_NETLINK_NETFILTER: Final = 12
_GROUP_NFTABLES: Final = 1 << 6
"""NFNLGRP_NFTABLES is group 7."""
_SO_RCVBUFFORCE: Final = 33
_BUFFER_BYTES: Final = 8 * 1024 * 1024
"""A transaction of 400 elements tells about 100 KB; the rest is margin for what others change."""
_DATAGRAM_BYTES: Final = 1024 * 1024
_DELETED: Final = 10 << 8 | 14
"""NFNL_SUBSYS_NFTABLES, NFT_MSG_DELSETELEM."""
_MESSAGE: Final = struct.Struct("=IHHII")
_FAMILY_BYTES: Final = 4


class Removals:
    """A subscription to removals from one set; needs CAP_NET_ADMIN."""

    def __init__(self, table: str, name: str) -> None:
        self._names = {LIST_TABLE: f"{table}\0".encode(), LIST_SET: f"{name}\0".encode()}
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            self._socket.bind((0, _GROUP_NFTABLES))
            self._socket.setblocking(False)
        except OSError as error:
            raise KernelError(f"nftables: {error}") from error

    def collect(self) -> dict[Element, ElementFact]:
        """Return what the elements removed since the last call had counted.

        An overflow of the buffer loses counts, never a removal; so it is no error.
        """
        now_ms = mono_ms()  # the transaction has only just returned; parsing takes longer
        return {element: fact for datagram in self._datagrams() for element, fact in self._parsed(datagram, now_ms)}

    def _datagrams(self) -> Iterator[bytes]:
        while True:
            try:
                yield self._socket.recv(_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: some are lost; the rest follows
                continue

    def _parsed(self, datagram: bytes, now_ms: int) -> Iterator[tuple[Element, ElementFact]]:
        offset = 0
        while offset + _MESSAGE.size <= len(datagram):
            length, kind, *_ = _MESSAGE.unpack_from(datagram, offset)
            if kind == _DELETED:
                yield from self._elements(datagram[offset + _MESSAGE.size + _FAMILY_BYTES : offset + length], now_ms)
            offset += max(elements.aligned(length), _MESSAGE.size)

    def _elements(self, body: bytes, now_ms: int) -> Iterator[tuple[Element, ElementFact]]:
        listed = dict(attributes(body))
        if any(listed.get(number) != name for number, name in self._names.items()):
            return
        for one in elements.told(listed.get(LIST_ELEMENTS, b"")):
            yield elements.element(one.key), fact(one, now_ms)
