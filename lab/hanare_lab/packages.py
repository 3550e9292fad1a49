"""What the lab's Debian 13 tree holds: the gateway's, the stick's and the office PCs' programs and libraries.

Installed without Recommends; a package stands here because a process of the lab or a test starts or imports it.
"""

from __future__ import annotations

PYTHON = (
    "python3",
    "python3-cryptography",
    "python3-httpx",
    "python3-hypothesis",
    "python3-msgspec",
    "python3-nacl",
    "python3-nftables",
    "python3-pil",
    "python3-pyroute2",
    "python3-pysodium",
    "python3-pytest",
    "python3-websockets",
)
NETWORK = (
    "iperf3",
    "iproute2",
    "iputils-ping",
    "nftables",
    "nmap",
    "tcpdump",
    "wireguard-go",
)
OFFICE_PC = (
    "icewm",
    "libpam-modules",
    "xorgxrdp",
    "xrdp",
    "xserver-xorg-core",
    "xterm",
)
STICK = (
    "freerdp3-x11",
    "xauth",
    "xvfb",
)
DESKTOP_TOOLS = (
    "fonts-vlgothic",
    "x11-xserver-utils",
)
SYSTEM = (
    "ca-certificates",
    "locales",
    "openssl",
    "passwd",
    "procps",
    "util-linux",
)

ALL = tuple(sorted({*PYTHON, *NETWORK, *OFFICE_PC, *STICK, *DESKTOP_TOOLS, *SYSTEM}))

# Manuals and other languages' messages are half of the small packages' weight and nobody reads them here.
EXCLUDED_PATHS = (
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/man/*",
    "/usr/share/lintian/*",
    "/usr/share/locale/*",
)
LOCALES = ("ja_JP",)
