"""The Debian 13 tree that holds the build's programs, so that the host's versions do not matter.

A program runs in it by chroot(1) in a mount namespace of its own, with the folder it works on at /work.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hanare_image.build import tree
from hanare_image.build.errors import BuildError
from hanare_image.build.tree import Recipe

RECIPE: Final = Recipe(
    "tools",
    (
        "busybox-static",
        "ca-certificates",
        "cryptsetup-bin",
        "dosfstools",
        "e2fsprogs",
        "fdisk",
        "grub-efi-amd64-signed",
        "grub-pc-bin",
        "iproute2",
        "kmod",
        "libfaketime",
        "mtools",
        "ntfs-3g",
        "openssl",
        "ovmf",
        "procps",
        "python3",
        "python3-cryptography",
        "python3-pefile",
        "python3-virt-firmware",
        "qemu-system-x86",
        "qemu-utils",
        "sbsigntool",
        "seabios",
        "shim-signed",
        "squashfs-tools",
        "systemd-boot-efi",
        "systemd-ukify",
        "util-linux",
        "zstd",
    ),
)
"""Builder's programs, and the emulated PC's: QEMU with both firmwares and what lays disks beside the stick."""


ENTER: Final = """
set -e
mount --make-rprivate /
mount --rbind "$TREE" "$TREE"
mount -t proc proc "$TREE/proc"
mount --rbind /dev "$TREE/dev"
mount -t tmpfs -o mode=1777 hanare-tools "$TREE/tmp"
mount -t tmpfs -o mode=755 hanare-tools "$TREE/mnt"
mkdir "$TREE/mnt/work"
mount --rbind "$FOLDER" "$TREE/mnt/work"
exec chroot "$TREE" sh -c 'cd /mnt/work && exec "$@"' sh "$@"
"""


class Tools:
    """The tools tree of this machine."""

    def __init__(self) -> None:
        self.tree = tree.ensure(RECIPE)

    def run(self, folder: Path, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
        """Run a program with `folder` as its working folder and return its output; raise BuildError if it fails."""
        settings = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "TREE": str(self.tree),
            "FOLDER": str(folder.resolve()),
            **(env or {}),
        }
        command = ["unshare", "--mount", "sh", "-c", ENTER, "sh", *argv]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildError(f"{' '.join(argv)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def libraries(self, program: str) -> list[str]:
        """Return the shared libraries of a program, as paths below the tree, its loader included."""
        output = self.run(Path("/"), ["ldd", program])
        found = [word for line in output.splitlines() for word in line.split() if word.startswith("/")]
        return sorted({self._real(path) for path in found})

    def _real(self, path: str) -> str:
        folder = os.path.realpath(self.tree / os.path.dirname(path).lstrip("/"))  # noqa: PTH120
        name = os.path.basename(path)  # noqa: PTH119
        return str(Path(folder, name).relative_to(self.tree.resolve()))
