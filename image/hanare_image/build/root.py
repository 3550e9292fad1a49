"""The stick's root folder: a Debian tree, what Hanare puts on top, and what is left out; then one squashfs of it.

The Debian tree stays as it is: the root is an overlay on it (the builder has a mount namespace of its own). Caches that
a first boot would make are made here, because making them there costs half a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from hanare_image.build import apart, modules, trim, unneeded
from hanare_image.build.errors import BuildError
from hanare_image.build.roles import FURNITURE, Furniture
from hanare_image.build.tools import Tools
from hanare_image.build.variant import Variant

EPOCH: Final = 1_735_689_600
"""The time of every file in the image, seconds: 2025-01-01. Its content says how new it is, not its times."""

BLOCK: Final = "256K"
"""squashfs block: half the reads of 128K before the window, and a wrong byte costs no more.

Small files share none (no fragments): it would be unpacked again for each of them, a third of all reads before the
window, for 6 MB less.
"""


def mount(tree: Path, work: Path) -> Path:
    """Mount the root as an overlay on the Debian tree and return it."""
    for name in ("upper", "overlay-work", "root"):
        (work / name).mkdir(parents=True, exist_ok=True)
    root = work / "root"
    options = f"lowerdir={tree},upperdir={work / 'upper'},workdir={work / 'overlay-work'}"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "hanare-image", str(root)], check=True)
    return root


def furnish(root: Path, variant: Variant, checkout: Path, version: int) -> None:
    """Put Hanare's programs and settings into the root, then make the caches of a first boot."""
    furniture = FURNITURE[variant.role]
    for room in furniture.rooms:
        _copy_room(checkout / room, root / "usr/lib/python3/dist-packages")
    files = Path(str(resources.files("hanare_image.build") / "files"))
    for folder in ("root", furniture.files):
        shutil.copytree(files / folder, root, symlinks=True, dirs_exist_ok=True)
    if variant.overlay:
        shutil.copytree(checkout / variant.overlay, root, symlinks=True, dirs_exist_ok=True)
    _settings(root, version)
    _time_zone(root, variant.time_zone)
    _units(root, furniture)
    trim.trim(root, variant)
    apart.set_apart(root)
    _caches(root, furniture)
    check(root, furniture)


def check(root: Path, furniture: Furniture) -> None:
    """Load what the stick's programs are made of, in the root itself; raise BuildError for what is not there."""
    read_first = root / "usr/lib/hanare/first-files"
    for pattern in read_first.read_text("ascii").split() if read_first.exists() else ():
        if not any(root.glob(pattern.removeprefix("/"))):
            raise BuildError(f"{read_first.name}: there is no {pattern}")
    for name in furniture.imported:
        _inside(root, ["python3", "-B", "-c", f"import {name}"])
    for command in furniture.started:
        _inside(root, command)


def pack(root: Path, variant: Variant, tools: Tools, output: Path) -> None:
    """Write the squashfs; the same root gives the same bytes."""
    output.unlink(missing_ok=True)
    work = output.parent
    tools.run(
        work,
        [
            "mksquashfs", str(root.relative_to(work)), output.name, "-quiet", "-no-progress", "-no-xattrs",
            "-comp", "zstd", "-Xcompression-level", str(variant.compression), "-b", BLOCK,
            "-no-fragments", "-mkfs-time", str(EPOCH), "-all-time", str(EPOCH), "-reproducible",
        ],
    )  # fmt: skip


def _copy_room(source: Path, target: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "build")  # an image builds none
    shutil.copytree(source, target / source.name, ignore=left_out, dirs_exist_ok=True)


def _settings(root: Path, version: int) -> None:
    stick = root / "etc/hanare/stick.toml"
    if stick.exists():
        text = stick.read_text("utf-8")
        stick.write_text(f"image = {version}\nimage_date_ms = {EPOCH * 1000}\n{text}", "utf-8")
    (root / "etc/machine-id").write_bytes(b"")
    (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").symlink_to("/run/systemd/resolve/resolv.conf")
    (root / "etc/hostname").write_text("hanare\n", "ascii")


def _time_zone(root: Path, name: str) -> None:
    zone = Path("usr/share/zoneinfo", name)
    if not (root / zone).is_file():
        raise BuildError(f"there is no time zone {name}; one is Asia/Tokyo")
    (root / "etc/localtime").unlink(missing_ok=True)
    (root / "etc/localtime").symlink_to(f"/{zone}")
    (root / "etc/timezone").write_text(f"{name}\n", "ascii")


def _units(root: Path, furniture: Furniture) -> None:
    units = root / "etc/systemd/system"
    for name in unneeded.UNITS:
        (units / name).unlink(missing_ok=True)
        (units / name).symlink_to("/dev/null")
        for folder in (units, root / "usr/lib/systemd/system"):
            for wanted in folder.glob(f"*.wants/{name}"):
                wanted.unlink()
    _systemctl(root, "disable", *furniture.disabled)
    _systemctl(root, "enable", *furniture.enabled)
    _systemctl(root, "set-default", furniture.default)


def _systemctl(root: Path, *words: str) -> None:
    _inside(root, ["systemctl", *words])


def _caches(root: Path, furniture: Furniture) -> None:
    kernel = modules.release(root)
    compiled = [f"/usr/lib/python3/dist-packages/{Path(room).name}" for room in furniture.rooms]
    for folder in (root / "usr/share/fonts", *(root / "usr/share/fonts").rglob("*/")):
        os.utime(folder, (EPOCH, EPOCH))  # fontconfig's cache is good for folders of this time, which the root gets
    for command in (
        ["systemd-sysusers"],
        ["depmod", kernel],
        ["ldconfig"],
        ["fc-cache", "-f"],
        ["systemd-hwdb", "--usr", "update"],
        ["python3", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", *compiled],
    ):
        _inside(root, command)
    for name in ("etc/.updated", "var/.updated"):
        (root / name).write_text(f"TIMESTAMP_NSEC={EPOCH * 10**9}\n", "ascii")
    shutil.rmtree(root / "var/cache/ldconfig", ignore_errors=True)
    shutil.rmtree(root / "usr/lib/udev/hwdb.d")  # what the cache was made of
    for name in ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/.pwd.lock"):
        (root / name).unlink(missing_ok=True)


def _inside(root: Path, command: Sequence[str]) -> None:
    argv = ["unshare", "--mount", "sh", "-c", _ENTER, str(root), *command]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=_CHROOT)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")


_ENTER: Final = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
_CHROOT: Final = {
    "HOME": "/nonexistent",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": str(EPOCH),
}
