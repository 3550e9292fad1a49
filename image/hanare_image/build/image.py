"""The order of a build: Debian tree, root, squashfs, hash tree, initrd, boot partition, manifest."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hanare_core import wire
from hanare_image import release
from hanare_image.build import (
    bios,
    compatible,
    esp,
    grub,
    initrd,
    keys,
    modules,
    packages,
    root,
    sbom,
    tree,
    uki,
    verity,
)
from hanare_image.build.roles import FURNITURE
from hanare_image.build.tools import Tools
from hanare_image.build.variant import SecureBoot, Variant
from hanare_image.release import Release

SBOM = "sbom.spdx.json"
DIFFERENCE = "packages.diff"

Step = Callable[[str, Callable[[], Any]], Any]


class Builder:
    """One build of one variant into its folder; a failed one leaves the last good image as it was."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a build is told
        self, variant: Variant, version: int, checkout: Path, output: Path, key_folder: Path, step: Step
    ) -> None:
        self._variant = variant
        self._version = version
        self._checkout = checkout
        self._output = output
        self._keys = key_folder
        self._step = step

    def build(self) -> Release:
        """Build everything and return what was built."""
        self._output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=self._output.parent) as scratch:
            work = Path(scratch)
            try:
                built = self._build(work)
            finally:
                subprocess.run(["umount", "--lazy", str(work / "root")], check=False, capture_output=True)
            self._publish(work)
        return built

    def _build(self, work: Path) -> Release:
        step = self._step
        tools: Tools = step("tools tree", Tools)
        debian: Path = step("Debian tree", lambda: tree.ensure(packages.recipe(self._variant)))
        keys.ensure(self._keys, tools)
        folder = root.mount(debian, work)
        step("root", lambda: root.furnish(folder, self._variant, self._checkout, self._version))
        image = work / release.ROOT
        step("squashfs", lambda: root.pack(folder, self._variant, tools, image))
        hashed = step("hash tree", lambda: verity.append(image, tools))
        packed = step("initrd", lambda: initrd.build(debian, tools, work / "initrd.zst"))
        step("boot partition", lambda: self._boot(work, debian, packed, hashed, tools))
        self._list(work, debian, hashed, tools)
        return self._manifest(work, hashed)

    def _list(self, work: Path, debian: Path, hashed: verity.Verity, tools: Tools) -> None:
        """Write what the image is made of, and what changed since the last build."""
        found = sbom.packages(debian)
        names = {package.name for package in found}
        found += [package for package in sbom.before_root(tools.tree, self._variant) if package.name not in names]
        ours = sbom.own(self._checkout, FURNITURE[self._variant.role].rooms)
        document = sbom.document(found, ours, self._variant, self._version, hashed.root_hash)
        before = self._output / SBOM
        (work / DIFFERENCE).write_text(sbom.difference(before.read_bytes() if before.exists() else None, found))
        (work / SBOM).write_bytes(document)

    def _boot(self, work: Path, debian: Path, packed: Path, hashed: verity.Verity, tools: Tools) -> None:
        command_line = uki.command_line(hashed, self._variant)
        shutil.copyfile(modules.kernel(debian), work / "vmlinuz")
        bios.build(work / release.BIOS, command_line, tools)
        if self._variant.secure_boot is SecureBoot.COMPATIBLE:
            started = compatible.files(work, self._version, command_line, tools)
        else:
            started = self._signed(work, debian, packed, command_line, tools)
        by_grub = {grub.KERNEL: work / "vmlinuz", grub.INITRD: packed}
        esp.build(work / release.ESP, {**started, **by_grub}, tools)
        esp.empty(work / release.IDENTITY, tools)

    def _signed(self, work: Path, debian: Path, packed: Path, command_line: str, tools: Tools) -> dict[str, Path]:
        loader = work / "loader.efi"
        shutil.copyfile(tools.tree / uki.BOOT_LOADER, loader)
        kernel = uki.build(debian, packed, command_line, self._version, tools)
        settings = work / "loader.conf"
        settings.write_text("timeout 0\neditor no\nauto-entries no\nauto-firmware no\n")
        return {
            "EFI/BOOT/BOOTX64.EFI": uki.sign(loader, self._keys, tools),
            "loader/loader.conf": settings,
            f"EFI/Linux/hanare_{self._version}.efi": uki.sign(kernel, self._keys, tools),
        }

    def _manifest(self, work: Path, hashed: verity.Verity) -> Release:
        names = (release.ROOT, release.ESP, release.BIOS, release.IDENTITY, SBOM)
        built = Release(
            version=self._version,
            variant=self._variant.name,
            root_partition=hashed.partition,
            root_hash=hashed.root_hash,
            parts=tuple(release.describe(work / name) for name in names),
        )
        (work / release.MANIFEST).write_bytes(wire.encode(built) + b"\n")
        return built

    def _publish(self, work: Path) -> None:
        self._output.mkdir(parents=True, exist_ok=True)
        names = (release.ROOT, release.ESP, release.BIOS, release.IDENTITY, SBOM, DIFFERENCE, release.MANIFEST)
        for name in names:
            (work / name).replace(self._output / name)
