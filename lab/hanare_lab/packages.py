"""What the lab's Debian 13 tree holds: the gateway's, the stick's and the office PCs' programs and libraries.

Installed without Recommends; a package stands here because a process of the lab or a test starts or imports it.
"""

from __future__ import annotations

PYTHON = (
    "python3",
    "python3-cryptography",
    "python3-fido2",
    "python3-httpx",
    "python3-hypothesis",
    "python3-msgspec",
    "python3-nacl",
    "python3-nftables",
    "python3-pil",
    "python3-pyroute2",
    "python3-pysodium",
    "python3-pytest",
    "python3-seccomp",
    "python3-websockets",
)
NETWORK = (
    "dnsmasq-base",
    "iperf3",
    "iproute2",
    "iputils-ping",
    "nftables",
    "nmap",
    "tcpdump",
    "wireguard-go",
)
PROXY = ("squid",)
PEERS = (
    "ocserv",
    "openconnect",
    "openvpn",
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
    "bubblewrap",
    "freerdp3-sdl",
    "freerdp3-x11",
    "gir1.2-gtk-4.0",
    "gir1.2-gtk4layershell-1.0",
    "labwc",
    "libgtk4-layer-shell0",
    "python3-gi",
    "python3-gi-cairo",
    "python3-jeepney",
    "python3-seccomp",
    "xauth",
    "xvfb",
    "xwayland",
)
BROWSER = ("chromium", "chromium-l10n", "fcitx5", "fcitx5-mozc")
SOUND = ("pipewire", "pipewire-pulse", "pulseaudio-utils", "wireplumber")
SCREEN_TOOLS = (
    "dbus-daemon",
    "freerdp3-shadow-x11",
    "grim",
    "winpr3-utils",
    "wlr-randr",
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

ALL = tuple(
    sorted(
        {
            *PYTHON,
            *NETWORK,
            *PROXY,
            *PEERS,
            *OFFICE_PC,
            *STICK,
            *BROWSER,
            *SOUND,
            *SCREEN_TOOLS,
            *DESKTOP_TOOLS,
            *SYSTEM,
        }
    )
)

LOCALES = ("ja_JP",)
