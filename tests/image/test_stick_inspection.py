"""Verifying and looking at sticks: what was altered, damaged or is another's is named."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from nacl.signing import SigningKey

from hanare_core import keyring, signed
from hanare_core import site as names
from hanare_core.keyring import KeySet
from hanare_core.problems import Code
from hanare_image import enrolment, gpt, identity, inspection, layout, root_hash, stick
from hanare_image.errors import KittingError
from hanare_image.gpt import Partition
from hanare_image.kitting import Batch
from hanare_image.media import FileMedium
from hanare_image.release import Release
from hanare_image.texts import say
from tests.image import images
from tests.image.registry import TOKEN, Registry, site


class Kitted:
    """An image, and a stick that was written and enrolled with it."""

    def __init__(self, folder: Path, registry: Registry, *, compatible: bool = False) -> None:
        self.image = folder / "image"
        self.built: Release = images.make(self.image, compatible=compatible)
        self.ca_key = SigningKey.generate()
        registry.ca_key = signed.public_text(self.ca_key)
        self.batch = Batch(site(registry), self.ca_key, registry.endpoint, TOKEN)
        self.disk = images.disk(folder / "stick")
        self.told: list[enrolment.Enrolled] = []
        enrolling = stick.Enrolment(self.batch, {self.disk.path: "企画課 01"}, self.told.append)
        (outcome,) = stick.write([self.disk], self.image, lambda *_: None, enrolling)
        assert outcome.done, outcome.said

    def place(self, name: str) -> Partition:
        """Return a partition."""
        with FileMedium(self.disk.path) as medium:
            return stick.partitions(medium)[name]

    def flip(self, at: int) -> None:
        """Turn one bit over."""
        with self.disk.path.open("r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1]))

    def differences(self, ca: str | None = None) -> list[str]:
        """Verify the stick against image and CA."""
        seen = inspection.look(self.disk.path, deep=True)
        return inspection.differences(seen, self.built, self.image, ca or signed.public_text(self.ca_key))


@pytest.fixture
def kitted(tmp_path: Path, registry: Registry) -> Kitted:
    """Give a stick that is as it was written."""
    return Kitted(tmp_path, registry)


def test_a_good_stick_is_what_was_written(kitted: Kitted, registry: Registry) -> None:
    """Nothing differs; number, organisation, version and generation are told, and the server knows it by its label."""
    assert kitted.differences() == []
    seen = inspection.look(kitted.disk.path, deep=False)
    ((registered, label),) = registry.registered
    assert seen.certificate is not None
    assert (seen.certificate.stick, seen.label) == (registered, label) == (kitted.told[0].stick, "企画課 01")
    assert (seen.generation, [seen.version(slot) for slot in seen.slots]) == (0, [7, None])
    assert seen.site == kitted.batch.site


def test_one_changed_bit_is_named(kitted: Kitted) -> None:
    """In the system, in its hash tree, on the boot partition: each is told by its place."""
    start = kitted.place(kitted.built.root_partition).start
    for at in (start + 3 * 4096 + 5, start + 9 * images.MIB + 4097):
        kitted.flip(at)
        assert say("difference.root", slot="A") in kitted.differences()
        kitted.flip(at)
    assert kitted.differences() == []
    boot = kitted.place(layout.BOOT)
    with FileMedium(kitted.disk.path) as medium:
        content = medium.read(boot.start, boot.size)
    kitted.flip(boot.start + content.index(b"MZ") + 50)
    assert kitted.differences() == [say("difference.boot-file", file="EFI/Linux/hanare_7.efi")]


def test_a_changed_start_in_compatible_mode_is_named(tmp_path: Path, registry: Registry) -> None:
    """GRUB's settings are the entry; nobody signed them, so each changed byte of them is told."""
    kitted = Kitted(tmp_path, registry, compatible=True)
    assert kitted.differences() == []
    assert [entry.version for entry in inspection.look(kitted.disk.path, deep=False).entries] == [7]
    boot = kitted.place(layout.BOOT)
    with FileMedium(kitted.disk.path) as medium:
        content = medium.read(boot.start, boot.size)
    kitted.flip(boot.start + content.index(b"sleep 600"))
    assert kitted.differences() == [say("difference.boot-file", file="EFI/debian/grub.cfg")]


def test_another_system_than_the_image_is_told(kitted: Kitted, tmp_path: Path) -> None:
    """A stick of another version does not pass for this one."""
    other = images.make(tmp_path / "other", version=8)
    seen = inspection.look(kitted.disk.path, deep=True)
    told = inspection.differences(seen, other, tmp_path / "other", None)
    assert told == [say("difference.release", variant="basic", version=8)]


def test_another_cas_stick_and_foreign_keys_are_told(kitted: Kitted, tmp_path: Path) -> None:
    """The certificate must be this CA's, and the keys must be the certificate's."""
    other = signed.public_text(SigningKey.generate())
    assert kitted.differences(other) == [say(f"difference.{Code.NOT_AUTHENTIC.value}")]
    place = kitted.place(layout.IDENTITY)
    folder = tmp_path / "new"
    folder.mkdir()
    with FileMedium(kitted.disk.path, writing=True) as medium:
        before = medium.read(place.start, place.size)
        with identity.opened(before) as held:
            ring = keyring.read((held / names.KEYS_FILE).read_bytes())
        foreign = KeySet(ring.current.identity, KeySet.generate().door, ring.current.certificate)
        (folder / names.KEYS_FILE).write_bytes(keyring.new_area(msgspec.structs.replace(ring, current=foreign)))
        changed = identity.fill(before, folder)
        medium.write(place.start, changed)
    assert kitted.differences() == [say("difference.keys")]


def test_a_torn_identity_is_told(kitted: Kitted) -> None:
    """An identity partition of noise is told, and the rest is still looked at."""
    place = kitted.place(layout.IDENTITY)
    with FileMedium(kitted.disk.path, writing=True) as medium:
        medium.write(place.start, b"\xff" * 65536)
    assert kitted.differences() == [say("difference.identity-unreadable")]


def test_a_failed_registration_is_repeated_with_the_same_keys(tmp_path: Path, registry: Registry) -> None:
    """The server refused; the stick keeps its keys, and enrolling again registers just these."""
    registry.code = Code.TOKEN_INVALID
    with pytest.raises(AssertionError, match="token-invalid"):
        Kitted(tmp_path, registry)
    registry.code = None
    disk = images.disk(tmp_path / "second")
    batch = Batch(site(registry), SigningKey.generate(), registry.endpoint, TOKEN)
    registry.ca_key = signed.public_text(batch.ca_key)
    assert stick.write([disk], tmp_path / "image", lambda *_: None)[0].done
    ids = []
    for code in (Code.TOKEN_INVALID, None):
        registry.code = code
        (outcome,) = stick.enrol([disk], stick.Enrolment(batch, {disk.path: "税務課 02"}, lambda _: None))
        assert outcome.done == (code is None)
        seen = inspection.look(disk.path, deep=False).certificate
        assert seen is not None
        ids.append(seen.stick)
    assert ids[0] == ids[1] == registry.registered[0][0]


def test_another_offices_stick_is_not_enrolled(kitted: Kitted) -> None:
    """A stick with an identity of another organisation must be written anew first."""
    foreign = kitted.batch._replace(site=_of_another_office(kitted.batch))
    (outcome,) = stick.enrol([kitted.disk], stick.Enrolment(foreign, {kitted.disk.path: "x"}, lambda _: None))
    assert (outcome.done, outcome.said) == (False, say("problem.identity-foreign", organisation="city"))


@pytest.mark.parametrize("content", [b"", b"\0" * 40_000, b"EFI PART" * 8_000])
def test_what_is_no_stick_is_refused(content: bytes, tmp_path: Path) -> None:
    """Empty, blank and hostile disks end with a sentence."""
    (tmp_path / "disk").write_bytes(content)
    with pytest.raises(KittingError):
        inspection.look(tmp_path / "disk", deep=True)


def test_no_file_of_the_identity_stays_behind(kitted: Kitted) -> None:
    """Folders in memory are gone when the work is done: private keys are on the stick only."""
    assert kitted.told
    left = [path for path in identity.MEMORY.glob("hanare-*/identity/*") if path.name == names.KEYS_FILE]
    assert left == []


@pytest.mark.parametrize(
    ("seed", "blocks", "wanted"),
    [
        (1, 300, "a82986af7f45cbba7686ba50714852c30fa4a18257048885d3169b6dab264043"),
        (2, 20000, "11333dbb453b37719f80d2f3a2b0737d99bf15840c5d11a1c4640174a507d04f"),
    ],
)
def test_the_root_hash_is_veritysetups(seed: int, blocks: int, wanted: str) -> None:
    """Computed by cryptsetup's `veritysetup format --no-superblock` over the same bytes (two and three levels)."""
    data = images.root(seed, blocks * root_hash.BLOCK)

    def read(at: int, size: int) -> bytes:
        return data[at : at + size]

    assert root_hash.data_bytes(read) == len(data)
    salt = root_hash.salt(read, len(data))
    assert salt == hashlib.sha256(data).digest()
    assert root_hash.hash_tree(read, len(data), salt)[0].hex() == wanted


def test_a_table_is_read_as_it_was_written() -> None:
    """Partitions come back from the head of a disk; one changed byte is no table."""
    wanted = gpt.lay_out([("a", gpt.ESP, 5 * images.MIB), ("b", gpt.LINUX_DATA, images.MIB)])
    table = gpt.table(wanted, 16 * images.MIB, gpt.LINUX_ROOT)
    assert gpt.read(table.primary) == wanted
    broken = bytearray(table.primary)
    broken[1100] ^= 1
    with pytest.raises(ValueError, match="table"):
        gpt.read(bytes(broken))


def _of_another_office(batch: Batch) -> names.Site:
    fields = {name: getattr(batch.site, name) for name in batch.site.__struct_fields__}
    return names.Site(**(fields | {"organisation": "town"}))
