"""The command line `hanare stick`, started as people start it."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hanare_core import wire
from hanare_core.sentences import LANGUAGES
from hanare_core.texts import Texts
from hanare_image import inspection, mark, release
from hanare_image.ca import new_ca
from hanare_image.kit.words import WORDS
from hanare_image.texts import TEXTS
from hanare_lab.wait import until
from tests.image import images
from tests.image.registry import PASSPHRASE, TOKEN, Registry, site

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT}/core:{ROOT}/image", "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
WRITER = [sys.executable, "-m", "hanare_core.command", "stick"]


def hanare(*words: object, language: str = "C.UTF-8", stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `hanare stick …`."""
    return subprocess.run(
        [*WRITER, *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=ENVIRONMENT | {"LC_ALL": language},
    )


def wait_for_mark(disk: Path, image: Path) -> None:
    """Wait until an image is being written onto a stick."""
    digest = bytes.fromhex(release.describe(image / release.MANIFEST).sha256)

    def under_way() -> bool:
        with disk.open("rb") as file:
            file.seek(mark.AT)
            return (mark.decode(file.read(mark.BYTES), digest) or 0) > 0

    until(under_way, seconds=60, what="a mark on the stick")


def test_three_sticks_are_written_enrolled_verified_and_told(registry: Registry, tmp_path: Path) -> None:
    """One passphrase and one token for the batch; each stick has its own number, and the record holds all three."""
    registry.ca_key = new_ca(tmp_path / "ca", PASSPHRASE)
    (tmp_path / "site.json").write_bytes(wire.encode(site(registry)))
    (tmp_path / "token").write_text(TOKEN)
    images.make(tmp_path / "image")
    sticks = [images.disk(tmp_path / f"stick{number}").path for number in range(3)]
    batch = ["--ca", tmp_path / "ca", "--site", tmp_path / "site.json", "--token-file", tmp_path / "token"]
    batch += ["--server", f"127.0.0.1:{registry.endpoint.port}", "--label", "企画課 ##", "--first", 9]
    batch += ["--passphrase-fd", 0, "--record", tmp_path / "record.csv", "--yes"]
    done = hanare("write", tmp_path / "image", *sticks, *batch, stdin=PASSPHRASE + "\n")
    assert done.returncode == 0, done.stderr
    assert sorted(label for _, label in registry.registered) == ["企画課 09", "企画課 10", "企画課 11"]
    with (tmp_path / "record.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["stick"], row["label"]) for row in csv.DictReader(file)]
    assert sorted(rows) == sorted(registry.registered)
    assert PASSPHRASE not in done.stdout + done.stderr
    verified = hanare("verify", *sticks, "--image", tmp_path / "image", "--ca", tmp_path / "ca")
    assert verified.returncode == 0, verified.stdout
    told = hanare("info", sticks[1], language="ja_JP.UTF-8")
    assert "企画課 10" in told.stdout
    assert "離れ市 (city)" in told.stdout


def test_a_killed_writer_goes_on(tmp_path: Path) -> None:
    """Kill -9 in the middle of writing; the same command again goes on from there, and the stick is whole."""
    images.make(tmp_path / "image", root_mib=128)
    disk = images.disk(tmp_path / "stick").path
    words = [*WRITER, "write", str(tmp_path / "image"), str(disk), "--yes"]
    writer = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_mark(disk, tmp_path / "image")
    assert writer.poll() is None, "it ended before it could be killed"
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=30)
    assert hanare("verify", disk).returncode == 1
    again = hanare("write", tmp_path / "image", disk, "--yes")
    assert again.returncode == 0, again.stderr
    assert TEXTS.text("done.resumed", "en", variant="basic", version=7) in again.stdout
    assert inspection.differences(inspection.look(disk, deep=True), None, None, None) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["write", "{}/no-image", "{}/stick", "--yes"], "no-image"),
        (["write", "{}", "/dev/no-such-disk", "--yes"], "/dev/no-such-disk"),
        (["write", "{}", "{}/stick", "{}/stick", "--yes"], "twice"),
        (["write", "{}", "{}/stick"], "Nothing was written"),
        (["write", "{}", "{}/stick", "--label", "x", "--yes"], "--token-file"),
        (["enrol", "{}/stick", "--label", "x", "--label", "y"], "1 sticks"),
        (["info", "{}/stick"], "no Hanare stick"),
        (["kit"], "hanare stick write"),
    ],
)
def test_a_users_mistake_ends_with_one_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    """Exit status 1 and a sentence on standard error, no traceback, and the disk as it was."""
    images.disk(tmp_path / "stick", 4096)
    done = hanare(*(word.format(tmp_path) for word in words), stdin="n\n")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not any((tmp_path / "stick").read_bytes())


@pytest.mark.parametrize("texts", [TEXTS, WORDS], ids=["stick", "kit"])
def test_both_languages_say_the_same_things(texts: Texts) -> None:
    """The catalogues have the same keys with the same names to fill in."""
    japanese, english = (texts.tables(language) for language in LANGUAGES)
    assert {table: set(named) for table, named in japanese.items()} == {
        table: set(named) for table, named in english.items()
    }
    for table, named in english.items():
        for name, text in named.items():
            assert _names(str(text)) == _names(str(japanese[table][name])), f"{table}.{name}"


def _names(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}
