"""What an image is made of: an SPDX 2.3 document (ISO/IEC 5962) and what changed since the last build.

Packages are Debian's own words (dpkg's status file), those of the root and those that start it: boot loaders and initrd
are taken from the build's tools. Our own rooms stand there by their version in the checkout.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from hanare_image.build.root import EPOCH
from hanare_image.build.variant import SecureBoot, Variant

_DEBIAN: Final = "pkg:deb/debian"

_BEFORE_ROOT: Final = frozenset({"busybox-static", "dmsetup", "grub-pc-bin", "libdevmapper1.02.1"})
"""The initrd's programs, legacy BIOS's boot loader; the initrd's other libraries are packages of the root as well."""

_LOADERS: Final = {
    SecureBoot.OWN_KEYS: frozenset({"systemd-boot-efi"}),
    SecureBoot.COMPATIBLE: frozenset({"grub-efi-amd64-signed", "shim-signed"}),
}
"""UEFI's boot loaders."""


class Package(NamedTuple):
    """One installed Debian package."""

    name: str
    version: str
    architecture: str
    source: str


def packages(tree: Path) -> list[Package]:
    """Return what is installed in a Debian tree, by name."""
    status = (tree / "var/lib/dpkg/status").read_text("utf-8")
    paragraphs = (_fields(paragraph) for paragraph in status.split("\n\n") if paragraph.strip())
    installed = (fields for fields in paragraphs if fields.get("Status", "").endswith(" installed"))
    found = (
        Package(
            fields["Package"],
            fields["Version"],
            fields["Architecture"],
            fields.get("Source", fields["Package"]).split()[0],
        )
        for fields in installed
    )
    return sorted(found)


def before_root(tools: Path, variant: Variant) -> list[Package]:
    """Return what starts the root and stands outside it, by name."""
    wanted = _BEFORE_ROOT | _LOADERS[variant.secure_boot]
    return [package for package in packages(tools) if package.name in wanted]


def own(checkout: Path, rooms: Iterable[str]) -> dict[str, str]:
    """Return our rooms that are in the image, each with its version."""
    projects = [checkout / Path(room).parts[0] / "pyproject.toml" for room in rooms]
    read = [tomllib.loads(project.read_text("utf-8"))["project"] for project in projects]
    return {project["name"]: project["version"] for project in read}


def document(found: list[Package], ours: dict[str, str], variant: Variant, version: int, root_hash: str) -> bytes:
    """Return the SPDX document; its namespace carries the root hash, so it belongs to one image only."""
    created = dt.datetime.fromtimestamp(EPOCH, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = {
        "SPDXID": "SPDXRef-image",
        "name": f"hanare-{variant.name}",
        "versionInfo": str(version),
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
        "checksums": [{"algorithm": "SHA256", "checksumValue": root_hash}],
        "comment": f"overlay: {variant.overlay}" if variant.overlay else "no overlay",
    }
    items = [root, *(_room(*one) for one in sorted(ours.items())), *(_item(package) for package in found)]
    spdx: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"hanare-{variant.name}-{version}",
        "documentNamespace": f"https://hanare.example/spdx/{variant.name}/{root_hash}",
        "creationInfo": {"created": created, "creators": ["Tool: hanare-image"]},
        "packages": items,
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"),
            *(_relation("SPDXRef-image", "CONTAINS", item["SPDXID"]) for item in items[1:]),
        ],
    }
    return (json.dumps(spdx, indent=1, ensure_ascii=False) + "\n").encode()


def difference(before: bytes | None, found: list[Package]) -> str:
    """Return one line for each package that came, went or changed since the SPDX document of the last build."""
    old = _versions(before) if before else {}
    new = {package.name: package.version for package in found}
    lines = [f"+ {name} {new[name]}" for name in sorted(new.keys() - old.keys())]
    lines += [f"- {name} {old[name]}" for name in sorted(old.keys() - new.keys())]
    changed = sorted(name for name in new.keys() & old.keys() if new[name] != old[name])
    lines += [f"~ {name} {old[name]} -> {new[name]}" for name in changed]
    return "".join(f"{line}\n" for line in lines)


def _versions(spdx: bytes) -> dict[str, str]:
    items = json.loads(spdx)["packages"]
    return {item["name"]: item["versionInfo"] for item in items if "externalRefs" in item}


def _item(package: Package) -> dict[str, Any]:
    name, version, architecture, source = package
    locator = f"{_DEBIAN}/{name}@{version}?arch={architecture}&distro=trixie&upstream={source}"
    return {
        "SPDXID": f"SPDXRef-{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".replace("+", "plus").replace(
            "_", "-"
        ),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}
        ],
    }


def _room(name: str, version: str) -> dict[str, Any]:
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
    }


def _relation(element: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": other}


def _fields(paragraph: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in paragraph.splitlines() if not line.startswith(" "))
    return {key: value for key, _, value in pairs}
