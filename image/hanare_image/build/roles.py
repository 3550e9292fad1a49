"""What differs between the images by what they are for: which of our programs are in it, and what starts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from hanare_image.build import unneeded
from hanare_image.build.variant import Role


class Furniture(NamedTuple):
    """What is put on top of the Debian tree, and proven to load there."""

    rooms: tuple[str, ...]
    """Folders of the checkout."""
    files: str
    """Folder of `files/`, laid over what is common to all."""
    imported: tuple[str, ...]
    """What must load in the root: not all packages name the libraries that they need, and trim takes some."""
    started: tuple[Sequence[str], ...]
    enabled: tuple[str, ...]
    disabled: tuple[str, ...] = ()
    default: str = "multi-user.target"
    """What a start leads to."""
    file_systems: frozenset[str] = frozenset()
    """Kernel modules of file systems besides those of every image."""
    kept: frozenset[str] = frozenset()
    """Files that trim takes from every other image."""
    unneeded: Sequence[str] = ()
    """Patterns of files that trim takes from this image alone."""
    command_line: str = ""
    """More words for the kernel's command line, for the initrd."""


_COMMON: Final = ("hanare-devices.service", "hanare-terminals.service", "seatd.service", "systemd-networkd.service")
_LATER: Final = ("systemd-networkd-wait-online.service", "systemd-resolved.service")

FURNITURE: Final[Mapping[Role, Furniture]] = {
    Role.WORKER: Furniture(
        rooms=("core/hanare_core", "stick/hanare_stick"),
        files="worker",
        imported=(
            *("hanare_stick.agent", "hanare_stick.carrier_relay", "hanare_stick.portal_relay", "hanare_core.totp"),
            *("hanare_stick.kiosk.draw.toolkit", "hanare_stick.security_key", "seccomp"),
        ),
        started=(("labwc", "--version"), ("Xwayland", "-version"), ("xfreerdp3", "/version"), ("ss", "--version")),
        enabled=(
            "hanare-agent.service",
            "hanare-keep.service",
            "hanare-pulse@play.socket",
            "hanare-pulse@talk.socket",
            "hanare-screen.service",
            *_COMMON,
        ),
        disabled=("iwd.service", *_LATER),
        default="hanare-first.target",
        unneeded=unneeded.HTTPX_COMMAND_LINE,
    ),
    Role.KITTING: Furniture(
        rooms=("core/hanare_core", "image/hanare_image"),
        files="kitting",
        imported=("hanare_image.paper.leaflet", "weasyprint"),
        started=(
            ("python3", "-B", "-P", "-m", "hanare_core.command", "stick", "kit", "--help"),
            ("labwc", "--version"),
            ("foot", "--config", "/etc/hanare/kit/foot.ini", "--check-config"),
            ("sh", "-c", "mformat -C -T 2880 -i /tmp/floppy :: && mdir -i /tmp/floppy :: && rm /tmp/floppy"),
        ),
        enabled=_COMMON,
        disabled=_LATER,
        file_systems=frozenset({"exfat"}),
        kept=frozenset({"usr/lib/x86_64-linux-gnu/gconv/IBM850.so"}),  # mtools' own code page
        command_line="hanare.role=kitting",
    ),
}
