"""How good the line is, as the kernel has measured it anyway: round trip and loss of the channel through the door.

tcp(7), TCP_INFO: the smoothed round-trip time, and of all segments sent on this connection those that were sent again.
Nothing is sent for the measurement; the channel's own questions to the hub keep it fresh.
"""

import socket
import struct
from typing import Final

from hanare_core.messages.stick import LONGEST_RTT_MS, Quality

_INFO_BYTES: Final = 140
_U32: Final = struct.Struct("=I")
_RTT, _RETRANSMITTED, _SENT = 68, 100, 136
"""tcpi_rtt in microseconds, tcpi_total_retrans, tcpi_segs_out (linux/tcp.h)."""


def quality_of(connection: socket.socket) -> Quality:
    """Return what the kernel knows of this TCP connection. Raises OSError."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    rtt_us, again, sent = (_U32.unpack_from(info, offset)[0] for offset in (_RTT, _RETRANSMITTED, _SENT))
    return Quality(rtt_ms=min(rtt_us // 1000, LONGEST_RTT_MS), loss_permille=min(1000 * again // max(sent, 1), 1000))
