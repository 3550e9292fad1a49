"""What the root leaves out of Debian's packages: drivers of disks, other languages, package manager, what nobody opens.

A kernel module is left out by its folder or name. No driver for an internal disk, no file system but the root's and
the stick's own, no network file system: what is not there cannot be loaded (T2).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hanare_image.build.modules import dependencies
from hanare_image.build.variant import Variant

KEPT_FILE_SYSTEMS: Final = frozenset({"squashfs", "overlayfs", "fat", "nls", "fuse"})

DISK_DRIVERS: Final = (
    "drivers/ata",
    "drivers/bcache",
    "drivers/firewire",
    "drivers/infiniband",
    "drivers/md/bcache",
    "drivers/md/dm-vdo",
    "drivers/md/persistent-data",
    "drivers/memstick",
    "drivers/message",
    "drivers/mmc",
    "drivers/mtd",
    "drivers/nvme",
    "drivers/nvdimm",
    "drivers/target",
    "drivers/thunderbolt",
    "drivers/ufs",
)

NOT_A_TERMINAL: Final = (
    "drivers/accel",
    "drivers/comedi",
    "drivers/iio",
    "drivers/isdn",
    "drivers/media",
    "drivers/net/arcnet",
    "drivers/net/can",
    "drivers/net/fddi",
    "drivers/net/ieee802154",
    "drivers/net/wwan",
    "drivers/staging",
    "drivers/vfio",
    "drivers/xen",
    "net/9p",
    "net/atm",
    "net/batman-adv",
    "net/can",
    "net/ceph",
    "net/dccp",
    "net/openvswitch",
    "net/rds",
    "net/rxrpc",
    "net/sctp",
    "net/smc",
    "net/sunrpc",
    "net/tipc",
    "sound/isa",
)

_KEPT_DISK_MODULES: Final = frozenset({"sd_mod", "scsi_mod", "scsi_common", "loop"})
"""The stick itself is a SCSI disk on USB; the loop device carries the root once it is copied to memory."""

_KEPT_MD: Final = frozenset({"dm-mod", "dm-verity", "dm-bufio"})

FILES: Final = (
    "boot/*",
    "etc/apt",
    "etc/kernel",
    "etc/initramfs-tools",
    "usr/bin/apt*",
    "usr/bin/dpkg*",
    "usr/bin/perl*",
    "usr/bin/bash",
    "usr/include",
    "usr/lib/apt",
    "usr/lib/dracut",
    "usr/lib/systemd/system-generators/systemd-gpt-auto-generator",
    "usr/lib/systemd/system-generators/systemd-hibernate-resume-generator",
    "usr/lib/x86_64-linux-gnu/perl-base",
    "usr/lib/x86_64-linux-gnu/libapt*",
    "usr/sbin/dpkg*",
    "usr/lib/python3*/ensurepip",
    "usr/lib/python3*/idlelib",
    "usr/lib/python3*/pydoc_data",
    "usr/lib/x86_64-linux-gnu/gconv/[!gU]*.so",
    "usr/share/X11/locale/[!CLcejl]*",
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/dpkg",
    "usr/share/gtk-doc",
    "usr/share/icons/*/cursors_scalable",
    "usr/share/initramfs-tools",
    "usr/share/perl*",
    "usr/share/zsh",
    "var/cache/*",
    "var/lib/apt",
    "var/lib/dpkg",
    "var/lib/systemd/*",
    "var/log/*",
    "etc/passwd-",
    "etc/group-",
    "etc/shadow-",
    "etc/gshadow-",
    "etc/.pwd.lock",
    "root/.*",
    "tmp/*",
    "run/*",
)

MESA: Final = (
    "usr/lib/x86_64-linux-gnu/dri",
    "usr/lib/x86_64-linux-gnu/gbm",
    "usr/lib/x86_64-linux-gnu/libEGL_mesa*",
    "usr/lib/x86_64-linux-gnu/libGLX_mesa*",
    "usr/lib/x86_64-linux-gnu/libLLVM*",
    "usr/lib/x86_64-linux-gnu/libgallium*",
    "usr/lib/x86_64-linux-gnu/libz3*",
    "usr/share/drirc.d",
    "usr/share/glvnd/egl_vendor.d",
)
"""OpenGL's drivers and their compiler, 190 MB: compositor, kiosk and desktop draw without them (pixman, cairo, X)."""


def trim(root: Path, variant: Variant) -> None:
    """Remove from a root what the stick does not need."""
    for pattern in (*FILES, *(() if variant.browser else MESA)):
        for path in sorted(root.glob(pattern)):
            _remove(path)
    for path in _removed_modules(root):
        path.unlink()


def _removed_modules(root: Path) -> list[Path]:
    """Return the module files that go: unwanted ones, but never one that a module which stays cannot do without."""
    needs = dependencies(root)
    unwanted = {
        file for path in _unwanted_modules(root) for file in ([path] if path.is_file() else path.rglob("*.ko*"))
    }
    needed = {need for path, others in needs.items() if path not in unwanted for need in others}
    return sorted(unwanted - needed)


def _unwanted_modules(root: Path) -> Iterator[Path]:
    for kernel in (root / "usr/lib/modules").glob("*/kernel"):
        yield from (kernel / folder for folder in (*DISK_DRIVERS, *NOT_A_TERMINAL))
        yield from (path for path in kernel.glob("fs/*") if path.name.partition(".")[0] not in KEPT_FILE_SYSTEMS)
        yield from _others(kernel / "drivers/block", _KEPT_DISK_MODULES)
        yield from _others(kernel / "drivers/scsi", _KEPT_DISK_MODULES)
        yield from _others(kernel / "drivers/md", _KEPT_MD)


def _others(folder: Path, kept: frozenset[str]) -> Iterator[Path]:
    for path in folder.rglob("*.ko*"):
        if path.name.partition(".")[0] not in kept:
            yield path


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
