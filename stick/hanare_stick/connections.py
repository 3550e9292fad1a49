"""TCP connections of this thread's namespace, ended by the kernel at our word (sock_diag(7): SOCK_DESTROY)."""

import contextlib
import socket
import struct
from collections.abc import Collection
from typing import Any, Final

from pyroute2.netlink import NLM_F_REQUEST
from pyroute2.netlink.diag import SOCK_DESTROY, SS_CONN, DiagSocket, inet_diag_req
from pyroute2.netlink.exceptions import NetlinkError

_WORDS: Final = struct.Struct(">4I")
"""An address in a request; IPv4's is the first word."""


def reset(addresses: Collection[str]) -> None:
    """Reset the connections from these addresses, so that their programs notice at once; the rest times out."""
    with contextlib.suppress(OSError, NetlinkError), DiagSocket() as kernel:  # type: ignore[no-untyped-call]
        kernel.bind()
        for family in (socket.AF_INET, socket.AF_INET6):
            for found in kernel.get_sock_stats(family=family, states=SS_CONN):
                if found["idiag_src"] in addresses:
                    kernel.put(_this_one(found, family), SOCK_DESTROY, msg_flags=NLM_F_REQUEST)


def _this_one(found: Any, family: socket.AddressFamily) -> Any:
    request = inet_diag_req()  # type: ignore[no-untyped-call]
    request["sdiag_family"] = family
    request["sdiag_protocol"] = socket.IPPROTO_TCP
    for same in ("idiag_sport", "idiag_dport", "idiag_if", "idiag_cookie"):
        request[same] = found[same]
    for address in ("idiag_src", "idiag_dst"):
        request[address] = _WORDS.unpack(socket.inet_pton(family, found[address]).ljust(_WORDS.size, b"\0"))
    return request
