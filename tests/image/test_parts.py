"""The small parts of a build: archive, module order, variants, bill of materials."""

import json
import subprocess
from pathlib import Path

import pytest

from hanare_image.build import cpio, modules, sbom, trim, variant
from hanare_image.build.errors import BuildError
from hanare_image.build.sbom import Package
from hanare_image.build.variant import Variant


def test_archive_is_what_cpio_unpacks(tmp_path: Path) -> None:
    """An archive of ours unpacks to the same folders, files, modes and links, and is alike each time."""
    entries = [
        cpio.folder("bin"),
        cpio.file("bin/program", b"#!/bin/sh\n", executable=True),
        cpio.file("text", "離れ".encode()),
        cpio.link("link", "bin/program"),
    ]
    data = cpio.archive(entries)
    assert data == cpio.archive(entries)
    subprocess.run(["cpio", "--extract", "--quiet"], input=data, cwd=tmp_path, check=True)
    assert (tmp_path / "text").read_text() == "離れ"
    assert (tmp_path / "bin/program").stat().st_mode & 0o111
    assert (tmp_path / "link").readlink() == Path("bin/program")


def _tree(folder: Path) -> Path:
    kernel = folder / "usr/lib/modules/6.12"
    kernel.mkdir(parents=True)
    (kernel / "modules.dep").write_text(
        "kernel/a.ko.xz: kernel/b.ko.xz kernel/c.ko.xz\nkernel/b.ko.xz: kernel/c.ko.xz\nkernel/c.ko.xz:\n"
    )
    (kernel / "modules.builtin").write_text("kernel/built-in.ko\n")
    return folder


def test_modules_come_after_those_they_need(tmp_path: Path) -> None:
    """A module is loaded after everything it needs, once; a built-in one is left out, an unknown one named."""
    tree = _tree(tmp_path)
    names = [path.name for path in modules.load_order(tree, ["b", "a", "built-in"])]
    assert names == ["c.ko.xz", "b.ko.xz", "a.ko.xz"]
    with pytest.raises(BuildError, match="no module nvme"):
        modules.load_order(tree, ["nvme"])


@pytest.mark.parametrize(("name", "more"), [("basic", set()), ("kitting", {"fs/exfat/exfat.ko"})])
def test_no_kept_module_loses_what_it_needs(name: str, more: set[str], tmp_path: Path) -> None:
    """Disk drivers go from every image; a module in a folder that goes stays when one that stays needs it."""
    kernel = tmp_path / "usr/lib/modules/6.12/kernel"
    needs = {
        "drivers/gpu/i915.ko": "kernel/drivers/media/cec.ko",
        "drivers/media/cec.ko": "",
        "drivers/media/webcam.ko": "kernel/drivers/media/cec.ko",
        "drivers/nvme/nvme.ko": "",
        "drivers/block/loop.ko": "",
        "drivers/block/virtio_blk.ko": "",
        "fs/exfat/exfat.ko": "",
        "fs/ext4/ext4.ko": "",
        "fs/fat/vfat.ko": "",
    }
    for path in needs:
        (kernel / path).parent.mkdir(parents=True, exist_ok=True)
        (kernel / path).touch()
    lines = "".join(f"kernel/{path}: {need}\n" for path, need in needs.items())
    (kernel.parent / "modules.dep").write_text(lines)
    firmware = tmp_path / "usr/lib/firmware"
    for file in ("ath11k/WCN6855/hw2.0/amss.bin", "ath11k/IPQ8074/hw2.0/amss.bin", "mediatek/mt7996/mt7996_wm.bin"):
        (firmware / file).parent.mkdir(parents=True)
        (firmware / file).touch()
    trim.trim(tmp_path, variant.read(name))
    assert [path.name for path in firmware.glob("*/*")] == ["WCN6855"]
    left = {str(path.relative_to(kernel)) for path in kernel.rglob("*.ko")}
    kept = {"drivers/gpu/i915.ko", "drivers/media/cec.ko", "drivers/block/loop.ko", "fs/fat/vfat.ko"}
    assert left == kept | more


@pytest.mark.parametrize(
    ("name", "left"), [("basic", {"httpx"}), ("kitting", {"httpx", "rich", "rich-13.9.4.dist-info"})]
)
def test_only_the_kitting_station_keeps_the_libraries_of_a_command_line(
    name: str, left: set[str], tmp_path: Path
) -> None:
    """The worker's httpx has no command line, which the agent would load with it."""
    for folder in ("httpx", "rich", "rich-13.9.4.dist-info"):
        (tmp_path / "usr/lib/python3/dist-packages" / folder).mkdir(parents=True)
    (tmp_path / "usr/lib/modules/6.12").mkdir(parents=True)
    (tmp_path / "usr/lib/modules/6.12/modules.dep").touch()
    trim.trim(tmp_path, variant.read(name))
    assert {path.name for path in (tmp_path / "usr/lib/python3/dist-packages").iterdir()} == left


def test_variants_are_checked_as_a_whole(tmp_path: Path) -> None:
    """Each variant that comes with Hanare is sound; a wrong word, a wrong value or a wrong name is said."""
    assert {"basic", "office", "full", "kitting"} <= set(variant.names())
    for name in variant.names():
        assert variant.read(name).name == name
    wrong = tmp_path / "wrong.toml"
    for text in ('name = "x"\nfirmwares = "none"\n', 'name = "x"\nfirmware = "some"\n', 'name = "X Y"\n'):
        wrong.write_text(text)
        with pytest.raises(BuildError, match=r"wrong\.toml"):
            variant.read(str(wrong))
    with pytest.raises(BuildError, match="choose one of basic, full, kitting, office"):
        variant.read("bsaic")


def test_bill_of_materials_names_each_package_once_and_what_changed() -> None:
    """The SPDX document holds every package with its purl, and the next build tells what came, went and changed."""
    before = [
        Package("bash", "5.2", "amd64", "bash"),
        Package("g++", "14", "amd64", "gcc"),
        Package("old", "1", "all", "old"),
    ]
    after = [
        Package("bash", "5.3", "amd64", "bash"),
        Package("g++", "14", "amd64", "gcc"),
        Package("new", "2", "all", "new"),
    ]
    document = sbom.document(before, {"hanare-core": "0.1.0"}, Variant(name="small"), 1, "ab" * 32)
    spdx = json.loads(document)
    identifiers = [item["SPDXID"] for item in spdx["packages"]]
    assert len(set(identifiers)) == len(identifiers) == 5
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") for name in identifiers
    )
    assert "pkg:deb/debian/bash@5.2?arch=amd64&distro=trixie&upstream=bash" in document.decode()
    assert document == sbom.document(before, {"hanare-core": "0.1.0"}, Variant(name="small"), 1, "ab" * 32)
    assert sbom.difference(document, after) == "+ new 2\n- old 1\n~ bash 5.2 -> 5.3\n"
