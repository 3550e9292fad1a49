"""What the stick remembers for comfort."""

from pathlib import Path

import pytest

from hanare_stick import remembered
from hanare_stick.remembered import Remembered


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """Name, language, layout and the tour survive a restart."""
    kept = Remembered(user="企画 太郎", language="en", keyboard="us", tour_seen=True)
    remembered.write(tmp_path, kept)
    assert remembered.read(tmp_path) == kept
    assert [path.name for path in tmp_path.iterdir()] == [remembered.FILE]


@pytest.mark.parametrize("content", [b"", b"{", b'{"user":"a\\u0000b"}', b'{"language":"fr"}', b"\xff" * 70_000])
def test_a_broken_file_is_forgotten(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in the file, the stick starts with nothing remembered."""
    (tmp_path / remembered.FILE).write_bytes(content)
    assert remembered.read(tmp_path) == Remembered()
