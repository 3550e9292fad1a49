"""A look at our sets by netlink: 10,000 elements in some 30 ms, a fifth of what nft's own listing takes.

A change in the middle of a look may hide an element or show it twice. That is no error: what is looked at is counters,
and the agent repairs nothing after a look in which it changed something (`reconcile.Kernel.changes`).
"""

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from hanare_core.kernel import Element, ElementFact
from hanare_gateway import elements, tried
from hanare_gateway.clock import mono_ms
from hanare_gateway.elements import LIST_ELEMENTS, LIST_SET, LIST_TABLE, Told, attribute, attributes
from hanare_gateway.errors import KernelError
from hanare_gateway.names import NAME, SET

TIMEOUT_S: Final = 5.0

_NETLINK_NETFILTER: Final = 12
_REQUEST_DUMP: Final = 0x301
"""NLM_F_REQUEST | NLM_F_DUMP."""

_DATAGRAM_BYTES: Final = 1 << 16
"""The kernel fills a message as far as the reader takes it, at most 32 KiB."""

_MESSAGE: Final = struct.Struct("=IHHII")
_FAMILY: Final = struct.Struct("=BBH")
_INET: Final = 1
_GET: Final = 10 << 8 | 13
_NEW: Final = 10 << 8 | 12
"""NFNL_SUBSYS_NFTABLES with NFT_MSG_GETSETELEM and NFT_MSG_NEWSETELEM."""
_ERRNO: Final = struct.Struct("=i")
_ERROR, _DONE = 2, 3
_UNUSED: Final = ElementFact(0, None)
"""Of an element by which nothing passed: most are, and need no fact of their own."""


class AllowSet:
    """A look by a socket of its own, so another thread may take it; needs CAP_NET_ADMIN."""

    def __init__(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
            self._socket.settimeout(TIMEOUT_S)
            self._socket.bind((0, 0))
        except OSError as error:
            raise KernelError(f"nftables: {error}") from error
        self._asked = 0

    def elements(self) -> dict[Element, ElementFact]:
        """Return every element; raise KernelError."""
        now_ms = mono_ms()
        return {elements.element(one.key): fact(one, now_ms) for one in self._told(SET)}

    def tried(self) -> Mapping[str, frozenset[str]]:
        """Return which other addresses sessions tried lately; raise KernelError."""
        return tried.grouped(one.key for one in self._told(tried.SET))

    def _told(self, name: str) -> Iterator[Told]:
        for kind, body in self._answer(name):
            if kind == _ERROR:
                raise KernelError(f"nftables: set {name}: {os.strerror(-_ERRNO.unpack_from(body)[0])}")
            if kind == _NEW:
                yield from elements.told(dict(attributes(body[_FAMILY.size :])).get(LIST_ELEMENTS, b""))

    def _answer(self, name: str) -> Iterator[tuple[int, bytes]]:
        try:
            self._ask(name)
            while True:
                for kind, body in _messages(self._socket.recv(_DATAGRAM_BYTES), self._asked):
                    if kind == _DONE:
                        return
                    yield kind, body
        except OSError as error:
            raise KernelError(f"nftables: {error}") from error

    def _ask(self, name: str) -> None:
        self._asked += 1
        asked = attribute(LIST_TABLE, f"{NAME}\0".encode()) + attribute(LIST_SET, f"{name}\0".encode())
        body = _FAMILY.pack(_INET, 0, 0) + asked
        self._socket.send(_MESSAGE.pack(_MESSAGE.size + len(body), _GET, _REQUEST_DUMP, self._asked, 0) + body)


def fact(told: Told, now_ms: int) -> ElementFact:
    """Return what is told of an element at this time."""
    return ElementFact(told.packets, now_ms - told.unused_ms) if told.unused_ms is not None else _UNUSED


def _messages(datagram: bytes, asked: int) -> Iterator[tuple[int, bytes]]:
    """Return kind and body of each message that answers this question; an older one's rest is passed over."""
    offset = 0
    while offset + _MESSAGE.size <= len(datagram):
        length, kind, _, answered, _ = _MESSAGE.unpack_from(datagram, offset)
        if answered == asked:
            yield kind, datagram[offset + _MESSAGE.size : offset + length]
        offset += max(elements.aligned(length), _MESSAGE.size)
