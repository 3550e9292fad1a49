"""One end of DS-Lite's softwire (RFC 6333): IPv4 packets of a TUN device, carried in IPv6 to the other end.

A process, because the kernel's ip6tnl is not everywhere. Limits: some 20,000 packets a second; no fragmentation: the
device's MTU is the tunnel's, and the kernel tells senders so.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import select
import socket
import struct
import sys
from contextlib import suppress

TUNSETIFF = 0x400454CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
IPPROTO_IPIP = 4
PACKET_BYTES = 65_535


def main() -> None:
    """Carry packets until killed; prints ``ready`` when the device exists."""
    parser = argparse.ArgumentParser(prog="hanare_lab.softwire", description="one end of DS-Lite's tunnel")
    parser.add_argument("device")
    parser.add_argument("local")
    parser.add_argument("remote")
    options = parser.parse_args()
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", options.device.encode(), IFF_TUN | IFF_NO_PI))
    wire = socket.socket(socket.AF_INET6, socket.SOCK_RAW, IPPROTO_IPIP)
    wire.bind((options.local, 0))
    wire.connect((options.remote, 0))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([device, wire.fileno()], [], [])
        with suppress(OSError):  # the device is not up yet, or the line is away: such packets are lost
            if device in ready:
                wire.send(os.read(device, PACKET_BYTES))
            if wire.fileno() in ready:
                os.write(device, wire.recv(PACKET_BYTES))


if __name__ == "__main__":
    main()
