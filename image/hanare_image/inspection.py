"""Looks at a stick without changing it: `look` tells what stands on it, `differences` whether it is what we wrote.

A root is proven by its own bytes: its verity root hash is computed anew, and must be the one in the partition's name,
in the boot entry that starts it, and in the image. The identity is proven by the CA's public key and by its own keys.
"""

import time
from pathlib import Path
from typing import NamedTuple

from hanare_core import certificate, keyring, ratchet, wire
from hanare_core import site as names
from hanare_core.certificate import StickCertificate
from hanare_core.problems import Problem
from hanare_core.site import Site
from hanare_image import boot, identity, layout, release, root_hash
from hanare_image.boot import Entry
from hanare_image.errors import KittingError
from hanare_image.gpt import Partition
from hanare_image.media import FileMedium, fault
from hanare_image.release import Release
from hanare_image.stick import partitions
from hanare_image.texts import say


class Slot(NamedTuple):
    """One root as its own bytes tell it; `root_hash` is empty when there is no sound root."""

    letter: str
    partition: Partition
    root_hash: str


class Look(NamedTuple):
    """What stands on a stick; nothing of it is secret. Empty or None where it has none."""

    path: Path
    entries: list[Entry]
    slots: list[Slot]
    certificate: StickCertificate | None
    label: str
    site: Site | None
    generation: int | None
    faults: list[str]
    """What is broken about its identity, for people."""
    signed: str
    """The certificate as the CA signed it."""

    def version(self, slot: Slot) -> int | None:
        """Return the version that starts a slot's root, when an entry does."""
        named = slot.partition.name.removeprefix(layout.ROOT_PREFIX)
        return next((one.version for one in self.entries if one.root_hash and one.root_hash.startswith(named)), None)


def look(path: Path, *, deep: bool) -> Look:
    """Return what stands on a stick; deep: compute the roots' hashes, which reads them whole. Raises KittingError."""
    with FileMedium(path) as medium, identity.folder_in_memory() as scratch:
        found = partitions(medium)
        place = f"{path}@@{found[layout.BOOT].start}"
        entries = boot.entries(identity.extract(place, scratch / "boot"))
        roots = [one for one in found.values() if one.name.startswith(layout.ROOT_PREFIX)]
        slots = [
            Slot(letter, one, _root_hash(medium, one) if deep and one.name != layout.ROOT_EMPTY else "")
            for letter, one in zip("ABCDEFGH", roots, strict=False)
        ]
        held = found[layout.IDENTITY]
        try:
            with identity.opened(medium.read(held.start, held.size)) as folder:
                return _identity(Look(path, entries, slots, None, "", None, None, [], ""), folder)
        except KittingError:
            return Look(path, entries, slots, None, "", None, None, [say("difference.identity-unreadable")], "")


def verify(path: Path, built: Release | None, folder: Path | None, ca_public: str | None) -> list[str]:
    """Look at a stick deeply and return its differences; what keeps us from looking is one."""
    try:
        return differences(look(path, deep=True), built, folder, ca_public)
    except KittingError as error:
        return [str(error)]
    except OSError as error:
        return [str(fault(error))]


def differences(seen: Look, built: Release | None, folder: Path | None, ca_public: str | None) -> list[str]:
    """Return what is not as it was written, a sentence each; an empty list is a sound stick."""
    told = [*seen.faults, *_slot_differences(seen), *_entry_differences(seen)]
    if built is not None and folder is not None:
        told += _image_differences(seen, built, folder)
    if ca_public is not None and seen.certificate is not None:
        told += _ca_differences(seen, ca_public)
    return told


def _root_hash(medium: FileMedium, place: Partition) -> str:
    def read(at: int, size: int) -> bytes:
        return medium.read(place.start + at, max(0, min(size, place.size - at)))

    try:
        size = root_hash.data_bytes(read)
    except ValueError:
        return ""
    root, tree = root_hash.hash_tree(read, size, root_hash.salt(read, size))
    return root.hex() if read(size, len(tree)) == tree else ""


def _identity(seen: Look, folder: Path) -> Look:
    """Return the look with what the identity partition tells."""
    if not (folder / names.KEYS_FILE).exists():
        return seen
    try:
        keys = keyring.read((folder / names.KEYS_FILE).read_bytes()).current
        shown = keyring.certificate_of(keys)
        site = wire.decode((folder / names.SITE_FILE).read_bytes(), Site)
        state = ratchet.read((folder / names.STATE_FILE).read_bytes())
        own = keys.public == (shown.identity_key, shown.door_key)
    except (OSError, ValueError, Problem):
        return seen._replace(faults=[say("difference.identity-broken")])
    label = folder / names.LABEL_FILE
    return seen._replace(
        certificate=shown,
        signed=keys.certificate or "",
        label=label.read_text("utf-8", "replace") if label.exists() else "",
        site=site,
        generation=state.generation,
        faults=[] if own else [say("difference.keys")],
    )


def _slot_differences(seen: Look) -> list[str]:
    used = [slot for slot in seen.slots if slot.partition.name != layout.ROOT_EMPTY]
    told = [] if used else [say("difference.no-root")]
    wrong = [one for one in used if not one.root_hash or layout.root_name(one.root_hash) != one.partition.name]
    return told + [say("difference.root", slot=one.letter) for one in wrong]


def _entry_differences(seen: Look) -> list[str]:
    """Return the entries that start a root which is not on the stick."""
    if not seen.entries:
        return [say("difference.no-entry")]
    present = {slot.root_hash for slot in seen.slots}
    return [say("difference.entry", file=one.file) for one in seen.entries if one.root_hash not in present]


def _image_differences(seen: Look, built: Release, folder: Path) -> list[str]:
    if built.root_hash not in {slot.root_hash for slot in seen.slots}:
        return [say("difference.release", variant=built.variant, version=built.version)]
    with identity.folder_in_memory() as scratch, FileMedium(seen.path) as medium:
        place = f"{seen.path}@@{partitions(medium)[layout.BOOT].start}"
        ours = _digests(identity.extract(str(folder / release.ESP), scratch / "ours"))
        theirs = _digests(identity.extract(place, scratch / "theirs"))
    changed = sorted(name for name in ours if theirs.get(name) != ours[name])
    added = sorted(theirs.keys() - ours.keys()) if len(seen.entries) == 1 else []
    return [say("difference.boot-file", file=name) for name in changed + added]


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): release.describe(path).sha256 for path in files}


def _ca_differences(seen: Look, ca_public: str) -> list[str]:
    assert seen.certificate is not None  # noqa: S101 - asked before
    now_ms = time.time_ns() // 1_000_000
    try:
        certificate.verify(seen.signed, ca_public, organisation=seen.certificate.organisation, now_ms=now_ms)
    except Problem as problem:
        return [say(f"difference.{problem.code.value}")]
    return []
