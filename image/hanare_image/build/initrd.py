"""The stick's own initrd: busybox, dmsetup, a few modules and one script; 36 MB of Debian's would be read from USB.

It knows USB storage, device-mapper, squashfs and overlay, and nothing else: no internal disk can be seen with it.
"""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path
from typing import Final

from hanare_image.build import cpio, modules
from hanare_image.build.cpio import Entry
from hanare_image.build.tools import Tools

MODULES: Final = [
    "xhci-pci",
    "ehci-pci",
    "uhci-hcd",
    "ohci-pci",
    "usb-storage",
    "uas",
    "sd-mod",
    "sha256-ssse3",
    "dm-mod",
    "dm-verity",
    "squashfs",
    "overlay",
]
"""What it takes to mount the root, by the processor's own SHA-256 where it has one; all else is loaded from there."""

_PROGRAMS: Final = ("usr/bin/busybox", "usr/sbin/dmsetup")
_OPTIONS: Final = "options usb_storage delay_use=100ms\n"
"""The kernel would wait a second before it asks a USB disk what it is."""

_FOLDERS: Final = ("bin", "dev", "etc", "lib", "lib64", "proc", "root", "run", "stop", "sys")


def build(kernel_tree: Path, tools: Tools, output: Path) -> Path:
    """Write the initrd, compressed by zstd, and return its path."""
    entries = [*map(cpio.folder, _FOLDERS), *_programs(tools), *_modules(kernel_tree), *_texts()]
    plain = output.with_suffix(".cpio")
    plain.write_bytes(cpio.archive(entries))
    subprocess.run(["zstd", "-q", "-12", "--single-thread", "-f", str(plain), "-o", str(output)], check=True)
    plain.unlink()
    return output


def _programs(tools: Tools) -> list[Entry]:
    entries = [
        cpio.file(f"bin/{Path(program).name}", (tools.tree / program).read_bytes(), executable=True)
        for program in _PROGRAMS
    ]
    for library in tools.libraries("/usr/sbin/dmsetup"):
        where = "lib64" if Path(library).name.startswith("ld-linux") else "lib"
        entries.append(cpio.file(f"{where}/{Path(library).name}", (tools.tree / library).read_bytes(), executable=True))
    return entries


def _modules(kernel_tree: Path) -> list[Entry]:
    """Return the modules as modprobe of busybox finds them, their names, and the options of one."""
    base = Path("lib/modules", modules.release(kernel_tree))
    needs = modules.dependencies(kernel_tree)
    files = modules.load_order(kernel_tree, MODULES)
    lines = (f"{_plain(file)}: {' '.join(map(_plain, needs[file]))}\n" for file in files)
    return [
        *map(cpio.folder, ("lib/modules", str(base), "etc/modprobe.d")),
        *(cpio.file(str(base / _plain(file)), modules.content(file)) for file in files),
        cpio.file(str(base / "modules.dep"), "".join(lines).encode()),
        cpio.file("etc/modules", "".join(f"{name}\n" for name in MODULES).encode()),
        cpio.file("etc/modprobe.d/hanare.conf", _OPTIONS.encode()),
    ]


def _plain(module: Path) -> str:
    return module.name.removesuffix(".xz")


def _texts() -> list[Entry]:
    folder = resources.files("hanare_image.build") / "files/initrd"
    entries = [cpio.file("init", (folder / "init").read_bytes(), executable=True)]
    texts = sorted((folder / "stop").iterdir(), key=lambda found: found.name)
    return [*entries, *(cpio.file(f"stop/{text.name}", text.read_bytes()) for text in texts)]
