"""A stick's name that means another disk by the time of writing: nothing is written to it, whatever it is."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from hanare_core.sentences import LANGUAGES, Language
from hanare_image import stick
from hanare_image.errors import KittingError
from hanare_image.kit.offer import Offer
from hanare_image.kit.words import WORDS
from hanare_image.texts import TEXTS
from hanare_image.volumes import CA
from tests.image import images
from tests.image.kernel import Kernel
from tests.image.registry import Registry
from tests.image.terminal import Terminal
from tests.image.test_kit import Office, _type_passphrase
from tests.image.test_stick_command import ENVIRONMENT, ROOT

KEY: Final = b"the only copy of the CA's key"


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """Give a machine with one stick in it."""
    made = Kernel(tmp_path / "machine")
    made.add("sdb", 16, removable=True, serial="S1")
    images.disk(made.machine.devices / "sdb")
    return made


def _relabel(kernel: Kernel) -> None:
    kernel.label("8:17", CA)


def _change_serial(kernel: Kernel) -> None:
    (kernel.machine.block / "sdb/device/serial").write_text("S2\n")


def _change_size(kernel: Kernel) -> None:
    (kernel.machine.block / "sdb/size").write_text("7000000\n")


def _unplug(kernel: Kernel) -> None:
    (kernel.machine.block / "sdb").rename(kernel.machine.block / "sdc")


def _mount(kernel: Kernel) -> None:
    kernel.mounts.append("36 35 8:17 / /media/photos rw - vfat /dev/other rw")
    kernel.tell()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("act", ["write", "enrol"])
def test_the_cas_medium_took_a_chosen_sticks_name(
    act: str, language: Language, kernel: Kernel, registry: Registry, tmp_path: Path
) -> None:
    """Plugged in between the choice and the last answer, it stays as it is, and the page says what to do."""
    office = Office(tmp_path, registry)
    office.image()
    disk = kernel.machine.devices / "sdb"
    path = f"{ENVIRONMENT['PYTHONPATH']}:{ROOT}:{ROOT}/lab"
    command = [sys.executable, "-m", "tests.image.kit_with_false_machine", office.data, kernel.machine.block.parent]
    with Terminal(command, ENVIRONMENT | {"LC_ALL": f"{language}_XX.UTF-8", "PYTHONPATH": path}) as terminal:
        terminal.see(WORDS.text("language.heading", language))
        terminal.type()
        terminal.see(WORDS.text("acts.heading", language))
        terminal.type({"write": "1", "enrol": "2"}[act])
        _type_passphrase(terminal, language)
        terminal.see(WORDS.text(f"sticks.{act}", language), WORDS.text("sticks.which", language))
        terminal.type("1")
        terminal.see(WORDS.text("labels.pattern", language))
        terminal.type()
        terminal.see(WORDS.text("labels.first", language))
        if act == "write":
            terminal.type()
            terminal.see(WORDS.text("confirm.yes", language))
        _change_serial(kernel)
        kernel.label("8:17", CA)
        disk.write_bytes(KEY)
        terminal.type("y" if act == "write" else "1")
        replaced = TEXTS.text("problem.replaced", language, path=disk, name="Flash")
        terminal.see(WORDS.text("common.trouble", language), replaced)
        terminal.type()
        terminal.see(WORDS.text("acts.heading", language))
    assert disk.read_bytes() == KEY
    assert registry.registered == []


@pytest.mark.parametrize("happens", [_relabel, _change_serial, _change_size, _unplug, _mount])
def test_a_stick_is_compared_once_more_when_it_is_open(happens: Callable[[Kernel], None], kernel: Kernel) -> None:
    """Reading the image takes a while; a name that changed hands meanwhile is let go of again."""
    offer = Offer(machine=kernel.machine)
    chosen = [candidate.disk for candidate in offer.look()]
    opener = offer.opener(chosen, stick.open_for_writing)
    offer.check(chosen)
    opener(chosen[0].path).close()
    happens(kernel)
    with pytest.raises(KittingError, match="sdb"):
        opener(chosen[0].path)
    assert str(chosen[0].path) not in _open_files()
    with pytest.raises(KittingError, match="sdb"):
        offer.check(chosen)


def _open_files() -> set[str]:
    return {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
