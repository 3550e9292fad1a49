"""The guided kitting, typed at a terminal: sticks that are files, a real registration, and whatever goes wrong."""

import csv
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hanare_core import wire
from hanare_core.problems import Code
from hanare_core.sentences import LANGUAGES, Language
from hanare_image import disks, inspection
from hanare_image.ca import new_ca
from hanare_image.kit.medium import Medium
from hanare_image.kit.words import WORDS
from hanare_image.texts import TEXTS, say
from hanare_image.volumes import CA, DATA, mounted_at
from hanare_lab.wait import until
from tests.image import images
from tests.image.kernel import Kernel
from tests.image.registry import PASSPHRASE, TOKEN, Registry, site
from tests.image.terminal import Terminal
from tests.image.test_stick_command import ENVIRONMENT, ROOT, WRITER, wait_for_mark

LABEL = "企画課 ##"


class Office:
    """A data medium as an office prepares it on Windows, and files that stand for sticks."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.registry = registry
        self.data = folder / "data"
        self.data.mkdir()
        registry.ca_key = new_ca(self.data / "CA", PASSPHRASE)
        (self.data / "site.json").write_bytes(wire.encode(site(registry)))
        (self.data / "token.txt").write_text(TOKEN + "\r\n")
        settings = f'server = "127.0.0.1:{registry.endpoint.port}"\r\nconsole = "https://hanare.example.jp"\r\n'
        (self.data / "kit.toml.txt").write_text(f'{settings}label = "{LABEL}"\r\n', "utf-8-sig")
        self._folder = folder

    def image(self, **size: int) -> None:
        """Put an image onto the medium."""
        images.make(self._folder / "image", **size)
        shutil.move(self._folder / "image", self.data / "image 7")

    def sticks(self, *names: str) -> list[Path]:
        """Make sticks."""
        return [images.disk(self._folder / name).path for name in names]

    @contextmanager
    def guided(self, *words: object, language: Language = "ja") -> Iterator[Terminal]:
        """Start the guided command and choose a language; no traceback and no passphrase are ever seen."""
        command = [*WRITER, "kit", "--data", self.data, *map(str, words)]
        with Terminal(command, ENVIRONMENT | {"LC_ALL": f"{language}_XX.UTF-8"}) as terminal:
            terminal.see(WORDS.text("language.heading", language))
            terminal.type()
            terminal.see(WORDS.text("acts.heading", language))
            yield terminal
            assert "Traceback" not in terminal.everything
            assert PASSPHRASE not in terminal.everything

    @property
    def recorded(self) -> list[tuple[str, str]]:
        """What the record on the medium holds."""
        with (self.data / "record.csv").open(encoding="utf-8-sig", newline="") as file:
            return [(row["stick"], row["label"]) for row in csv.DictReader(file)]


@pytest.fixture
def office(tmp_path: Path, registry: Registry) -> Office:
    """Give an office."""
    return Office(tmp_path, registry)


def _options(sticks: list[Path]) -> list[object]:
    return [word for path in sticks for word in ("--stick", path)]


def _to_confirmation(terminal: Terminal, which: str = "a", language: Language = "ja") -> None:
    """Go from the choice of an act to the last question before anything is written."""
    terminal.type()
    _type_passphrase(terminal, language)
    terminal.see(WORDS.text("sticks.write", language), WORDS.text("sticks.which", language))
    terminal.type(which)
    terminal.see(WORDS.text("labels.heading", language), WORDS.text("labels.pattern", language))
    terminal.type()
    terminal.see(WORDS.text("labels.first", language))
    terminal.type()
    terminal.see(WORDS.text("confirm.text", language), WORDS.text("confirm.yes", language))


def _type_passphrase(terminal: Terminal, language: Language = "ja") -> None:
    terminal.see(WORDS.text("passphrase.text", language), asked=TEXTS.text("ask.passphrase", language))
    terminal.type(PASSPHRASE)


def _sound(*sticks: Path) -> bool:
    return not any(inspection.differences(inspection.look(path, deep=True), None, None, None) for path in sticks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_batch_of_three(office: Office, language: Language) -> None:
    """Sticks, record and labels are there, the numbers go on with the next batch, and verifying finds no difference."""
    office.image()
    sticks = office.sticks("one", "two", "three")
    with office.guided(*_options(sticks), language=language) as terminal:
        _to_confirmation(terminal, language=language)
        assert all(label in terminal.page for label in ("企画課 01", "企画課 02", "企画課 03"))
        terminal.type("y")
        terminal.see(WORDS.text("results.heading", language, good=3, all=3), WORDS.text("results.compare", language))
        assert sorted(office.recorded) == sorted(office.registry.registered)
        assert sorted(label for _, label in office.recorded) == ["企画課 01", "企画課 02", "企画課 03"]
        assert (office.data / "labels-001.pdf").read_bytes().startswith(b"%PDF")
        terminal.type()
        terminal.see(WORDS.text("acts.heading", language))
        terminal.type("3")
        terminal.see(WORDS.text("sticks.verify", language), WORDS.text("sticks.which", language))
        terminal.type("1 3")
        terminal.see(WORDS.text("verify.done", language))
        assert TEXTS.text("outcome.differs", language) not in terminal.page
        terminal.type()
        terminal.see(WORDS.text("acts.heading", language))
        terminal.type()
        _type_passphrase(terminal, language)
        terminal.see(WORDS.text("sticks.which", language))
        terminal.type("2")
        terminal.see(WORDS.text("labels.pattern", language))
        terminal.type()
        terminal.see(WORDS.text("labels.first", language) + " [4]")
        terminal.interrupt()
        terminal.see(WORDS.text("acts.heading", language))
        terminal.type("4")
        assert terminal.wait() == 0
    assert _sound(*sticks)


def test_a_wrong_passphrase_is_asked_for_again(office: Office) -> None:
    """It is said, nothing is written, and the right one goes on; the CA comes from a medium of its own."""
    office.image()
    other = shutil.move(office.data / "CA", office.data.parent / "ca-medium")
    (stick,) = office.sticks("one")
    with office.guided("--ca", other, "--stick", stick) as terminal:
        terminal.type()
        terminal.see(WORDS.text("passphrase.text", "ja"), asked=TEXTS.text("ask.passphrase", "ja"))
        terminal.type("not this one at all")
        terminal.see(TEXTS.text("problem.passphrase-wrong", "ja"), asked=TEXTS.text("ask.passphrase", "ja"))
        terminal.type(PASSPHRASE)
        terminal.see(WORDS.text("sticks.which", "ja"))
        terminal.type("7")
        terminal.see(WORDS.text("sticks.unknown", "ja"))
        terminal.type("1")
        terminal.see(WORDS.text("labels.pattern", "ja"))
        terminal.type("机")
        terminal.see(WORDS.text("confirm.yes", "ja"))
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "ja"))
    assert not stick.stat().st_blocks
    assert office.registry.registered == []


def test_a_stick_with_a_false_size_costs_the_others_nothing(office: Office) -> None:
    """It is told in the table, and both others are whole and registered."""
    office.image()
    sticks = office.sticks("one", "false", "two")
    command = [sys.executable, "-m", "tests.image.kit_with_false_stick", office.data, *sticks]
    path = f"{ENVIRONMENT['PYTHONPATH']}:{ROOT}:{ROOT}/lab"
    with Terminal(command, ENVIRONMENT | {"LC_ALL": "ja_JP.UTF-8", "PYTHONPATH": path}) as terminal:
        terminal.see(WORDS.text("language.heading", "ja"))
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "ja"))
        _to_confirmation(terminal)
        terminal.type("y")
        terminal.see(WORDS.text("results.heading", "ja", good=2, all=3), WORDS.text("results.failed", "ja"))
        assert TEXTS.raw("problem.false-size", "ja").rpartition("}")[2][:5] in terminal.page
    assert _sound(sticks[0], sticks[2])
    assert sorted(label for _, label in office.recorded) == ["企画課 01", "企画課 03"]


def test_brackets_are_nothing_but_brackets(office: Office) -> None:
    """What stands on a label is shown as it is, though it looks like markup or an emoji's name."""
    office.image()
    (stick,) = office.sticks("one")
    label = "[/x] [kikaku] :lock:"
    with office.guided("--stick", stick) as terminal:
        terminal.type()
        _type_passphrase(terminal)
        terminal.see(WORDS.text("sticks.which", "ja"))
        terminal.type("1")
        terminal.see(WORDS.text("labels.pattern", "ja"))
        terminal.type(label)
        terminal.see(WORDS.text("confirm.yes", "ja"), label)
        terminal.type("y")
        terminal.see(WORDS.text("results.heading", "ja", good=1, all=1), label)


def test_what_was_stopped_goes_on(office: Office) -> None:
    """Ctrl-C in the middle of writing ends at the table, not in a traceback; written again, the stick goes on."""
    office.image(root_mib=128)
    (stick,) = office.sticks("one")
    with office.guided("--stick", stick) as terminal:
        _to_confirmation(terminal)
        terminal.type("y")
        wait_for_mark(stick, office.data / "image 7")
        terminal.interrupt()
        terminal.see(WORDS.text("results.heading", "ja", good=0, all=1), TEXTS.text("problem.stopped", "ja"))
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "ja"))
        _to_confirmation(terminal)
        terminal.type("y")
        terminal.see(TEXTS.text("done.resumed", "ja", variant="basic", version=7))
    assert _sound(stick)


def test_without_a_data_medium_it_waits(office: Office) -> None:
    """The page says what to plug in and goes on by itself; a medium that lacks something is told what."""
    away = shutil.move(office.data, office.data.parent / "away")
    with office.guided(*_options(office.sticks("one")), language="en") as terminal:
        terminal.type()
        terminal.see(WORDS.text("data.heading", "en"), DATA)
        shutil.move(away, office.data)
        terminal.see(TEXTS.text("problem.kit-images", "en", images=0, file="image.json"))
        office.image()
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "en"))
        terminal.type()
        terminal.see(WORDS.text("passphrase.text", "en"), asked=TEXTS.text("ask.passphrase", "en"))
        terminal.interrupt()
        terminal.see(WORDS.text("acts.heading", "en"))
        (office.data / "token.txt").unlink()
        terminal.type()
        terminal.see(TEXTS.text("problem.kit-lacks", "en", file="token"))
        terminal.interrupt()
        terminal.see(WORDS.text("acts.heading", "en"))
        terminal.type("4")
        assert terminal.wait() == 0


def test_a_medium_that_is_pulled_out_is_told(office: Office) -> None:
    """While sticks are written its absence is a sentence; plugged in again, the batch goes on."""
    office.image()
    (stick,) = office.sticks("one")
    with office.guided("--stick", stick) as terminal:
        _to_confirmation(terminal)
        shutil.move(office.data, office.data.parent / "away")
        terminal.type("y")
        terminal.see(WORDS.text("common.trouble", "ja"))
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "ja"))
        shutil.move(office.data.parent / "away", office.data)
        _to_confirmation(terminal)
        terminal.type("y")
        terminal.see(WORDS.text("results.heading", "ja", good=1, all=1))


def test_a_registration_that_failed_is_made_up_for(office: Office) -> None:
    """With a new token the stick is only registered, with the keys that it has."""
    office.image()
    (stick,) = office.sticks("one")
    office.registry.code = Code.TOKEN_INVALID
    with office.guided("--stick", stick) as terminal:
        _to_confirmation(terminal)
        terminal.type("y")
        terminal.see(WORDS.text("results.heading", "ja", good=0, all=1), "token-invalid")
        held = inspection.look(stick, deep=False).certificate
        office.registry.code = None
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "ja"))
        terminal.type("2")
        _type_passphrase(terminal)
        terminal.see(WORDS.text("sticks.enrol", "ja"), WORDS.text("sticks.which", "ja"))
        terminal.type("1")
        terminal.see(WORDS.text("labels.pattern", "ja"))
        terminal.type()
        terminal.see(WORDS.text("labels.first", "ja"))
        terminal.type("1")
        terminal.see(WORDS.text("results.heading", "ja", good=1, all=1))
    assert held is not None
    assert office.recorded == [(held.stick, "企画課 01")]


def test_a_wrong_clock_is_told_before_anything_is_asked(office: Office) -> None:
    """A certificate that begins tomorrow would be refused today; a server that is silent is told as well."""
    office.image()
    office.registry.ahead_s = 9 * 3600
    with office.guided(*_options(office.sticks("one")), language="en") as terminal:
        terminal.type()
        terminal.see(WORDS.text("common.trouble", "en"), TEXTS.raw("problem.clock", "en").partition("{")[0])
        office.registry.close()
        terminal.type()
        terminal.see(WORDS.text("acts.heading", "en"))
        terminal.type()
        terminal.see(WORDS.text("common.trouble", "en"), TEXTS.raw("problem.server-silent", "en").rpartition("}")[2])


def test_a_station_has_one_program_and_is_switched_off_by_it(office: Office, tmp_path: Path) -> None:
    """Neither Ctrl-C, Ctrl-Z nor the end of input leads out; the keyboard is chosen; the last choice switches off."""
    off = tmp_path / "bin/systemctl"
    off.parent.mkdir()
    off.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/off\n')
    off.chmod(0o755)
    compositor = subprocess.Popen(["sleep", "600"])
    told = {"LABWC_PID": str(compositor.pid), "PATH": f"{off.parent}:{ENVIRONMENT['PATH']}"}
    command = [*WRITER, "kit", "--station", tmp_path, "--data", office.data]
    with Terminal(command, ENVIRONMENT | told) as terminal:
        for keys in ("\x1a\x1c\x03", "\x04"):
            terminal.see(WORDS.text("language.heading", "ja"), asked=f"{WORDS.text('common.number', 'ja')} [1]")
            pages = terminal.pages
            terminal.press(keys)
            until(lambda before=pages: terminal.pages > before, seconds=30, what="the page again")
        terminal.see(WORDS.text("language.heading", "ja"), asked=f"{WORDS.text('common.number', 'ja')} [1]")
        terminal.type("2")
        terminal.see(WORDS.text("station.keyboard", "en"), WORDS.text("station.us", "en"))
        terminal.type("2")
        assert compositor.wait(30) == -signal.SIGHUP
        assert "XKB_DEFAULT_LAYOUT=us\n" in (tmp_path / "environment").read_text()
        terminal.see(WORDS.text("acts.switch-off", "en"))
        pages = terminal.pages
        terminal.interrupt()
        until(lambda: terminal.pages > pages, seconds=30, what="the page again")
        terminal.see(WORDS.text("acts.switch-off", "en"), asked=f"{WORDS.text('common.number', 'en')} [1]")
        terminal.type("4")
        terminal.see(WORDS.text("station.off", "en"))
        until((tmp_path / "off").exists, seconds=30, what="the switch")
    assert (tmp_path / "off").read_text() == "poweroff\n"


def test_media_are_found_by_their_labels_and_never_offered(tmp_path: Path) -> None:
    """The medium's own disk, and the one that the system runs from, are listed with the reason; the rest is free."""
    kernel = Kernel(tmp_path)
    for number, name in enumerate(("sda", "sdb", "sdc", "sdd")):
        kernel.add(name, number * 16, removable=True)
    machine = kernel.machine
    kernel.label("8:17", DATA)
    kernel.label("8:33", CA)
    machine.own.write_text("sda\n")
    found = {one.disk.path.name: one.use for one in disks.candidates(machine)}
    media = [say("use.medium", label=label) for label in (DATA, CA)]
    assert found == {"sda": say("use.this"), "sdb": media[0], "sdc": media[1], "sdd": ""}
    assert Medium(DATA, machine=machine).present()
    assert not Medium("OTHER", machine=machine).present()
    assert mounted_at(machine.devices / "sdb1", machine) is None
    place = tmp_path / "HANARE KIT"
    kernel.mounts.append(f"36 35 8:17 / {str(place).replace(' ', chr(92) + '040')} rw - vfat {machine.devices}/sdb1 rw")
    kernel.tell()
    with Medium(DATA, machine=machine).opened() as folder:
        assert folder == place
