"""Which Debian packages the stick's root is made of; a package stands here because something on the stick uses it."""

from __future__ import annotations

from typing import Final

from hanare_image.build.tree import Recipe
from hanare_image.build.variant import Firmware, Fonts, Role, Variant

SYSTEM: Final = (
    "dbus",
    "dmsetup",
    "iproute2",
    "kmod",
    "libpam-systemd",
    "linux-image-amd64",
    "mount",
    "nftables",
    "procps",
    "seatd",
    "systemd",
    "systemd-resolved",
    "systemd-sysv",
    "udev",
    "util-linux",
)
AGENT: Final = (
    "dbus-user-session",
    "iwd",
    "python3",
    "python3-cryptography",
    "python3-fido2",
    "python3-httpx",
    "python3-jeepney",
    "python3-msgspec",
    "python3-nacl",
    "python3-pyroute2",
    "python3-pysodium",
    "python3-websockets",
    "wireguard-go",
)
SCREEN: Final = (
    "bubblewrap",
    "freerdp3-x11",
    "gir1.2-gtk-4.0",
    "gir1.2-gtk4layershell-1.0",
    "labwc",
    "libgtk4-layer-shell0",  # what the gir package forgets to depend on
    "python3-cairo",
    "python3-gi",
    "python3-gi-cairo",
    "python3-seccomp",
    "wlr-randr",
    "xkb-data",
    "xwayland",
)
SOUND: Final = ("pipewire", "pipewire-pulse", "wireplumber")
KITTING: Final = (
    "foot",
    "labwc",
    "mtools",
    "python3",
    "python3-cryptography",
    "python3-httpx",
    "python3-msgspec",
    "python3-nacl",
    "python3-rich",
    "python3-segno",
    "python3-typer",
    "tzdata",
    "weasyprint",
    "xkb-data",
    "xwayland",  # nothing uses it, but labwc does not start without
)

_ROLE: Final = {Role.WORKER: (*AGENT, *SCREEN, *SOUND), Role.KITTING: KITTING}
_FIRMWARE: Final = {
    Firmware.NONE: (),
    Firmware.COMMON: (
        "firmware-amd-graphics",
        "firmware-atheros",
        "firmware-brcm80211",
        "firmware-intel-graphics",
        "firmware-intel-sound",
        "firmware-iwlwifi",
        "firmware-mediatek",
        "firmware-misc-nonfree",
        "firmware-realtek",
        "firmware-sof-signed",
        "wireless-regdb",
    ),
}
_FONTS: Final = {Fonts.VL_GOTHIC: ("fonts-vlgothic",), Fonts.NOTO: ("fonts-noto-cjk", "fonts-vlgothic")}
_BROWSER: Final = ("chromium", "chromium-l10n")
_JAPANESE_INPUT: Final = ("fcitx5", "fcitx5-mozc")

_COMPILED: Final = "-q -f --invalidation-mode unchecked-hash /usr/lib/python3 /usr/lib/python3.13"

# Nobody needs Debian's initrd, which takes minutes to make: neither the kernel's hook nor a trigger makes it.
# modules.dep is made where the kernel's own trigger is not run; bytecode is checked by nobody's clock.
_HOOKS: Final = (
    "--dpkgopt=force-confold",
    "--dpkgopt=path-exclude=/etc/kernel/postinst.d/initramfs-tools",
    '--essential-hook=mkdir -p "$1/etc/initramfs-tools"',
    '--essential-hook=echo update_initramfs=no >"$1/etc/initramfs-tools/update-initramfs.conf"',
    '--customize-hook=chroot "$1" sh -c "depmod \\$(ls /usr/lib/modules)"',
    f'--customize-hook=chroot "$1" env PYTHONHASHSEED=0 python3 -m compileall {_COMPILED}',
)


def recipe(variant: Variant) -> Recipe:
    """Return the recipe of a variant's Debian tree."""
    packages = {*SYSTEM, *_ROLE[variant.role], *_FIRMWARE[variant.firmware], *_FONTS[variant.fonts]}
    if variant.browser:
        packages |= {*_BROWSER}
    if variant.japanese_input:
        packages |= {*_JAPANESE_INPUT}
    components = ("--components=main,non-free-firmware",) if variant.firmware is Firmware.COMMON else ()
    return Recipe("stick", sorted(packages), (*components, *_HOOKS))
