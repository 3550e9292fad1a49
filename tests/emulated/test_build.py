"""What a build promises: the same bytes twice, and a copy in memory that is checked against the signed root hash."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hanare_image import release
from hanare_image.build import verity
from hanare_image.build.tools import Tools
from hanare_lab.demo_emulated import KEYS
from hanare_lab.root import CHECKOUT

pytestmark = [pytest.mark.lab, pytest.mark.emulated, pytest.mark.timeout(1200)]

KEEP = CHECKOUT / "image/hanare_image/build/files/worker/usr/lib/hanare/keep"


def _keep() -> Any:
    loader = importlib.machinery.SourceFileLoader("keep", str(KEEP))
    spec = importlib.util.spec_from_loader("keep", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("size", [1, 5000, 700_000, 3_000_000], ids=str)
def test_copy_in_memory_is_checked_as_veritysetup_would(tmp_path: Path, size: int) -> None:
    """The stick computes the very root hash that veritysetup made, for one level and for several, and notices a bit."""
    keep, image = _keep(), tmp_path / "root.img"
    image.write_bytes(os.urandom(size))
    made = verity.append(image, Tools())
    keep.COPY, keep.copy = image, lambda _: None
    told = image.stat().st_size, made.blocks, bytes.fromhex(made.salt), bytes.fromhex(made.root_hash)
    assert keep.whole_size(made.blocks) == image.stat().st_size
    assert keep.whole(*told)
    content = bytearray(image.read_bytes())
    content[0] ^= 1
    image.write_bytes(content)
    assert not keep.whole(*told)


@pytest.mark.soak
def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    """Every part of two builds from the same packages has the same hash, signatures included."""
    built = []
    for name in ("first", "second"):
        command = [sys.executable, "-m", "hanare_image.build", f"--output={tmp_path / name}", f"--keys={KEYS}"]
        command += ["--variant=lab/variants/test.toml"]
        path = {"PYTHONPATH": f"{CHECKOUT}/core:{CHECKOUT}/image"}
        subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **path}, check=True)
        built.append(release.read(tmp_path / name / "test"))
    assert built[0] == built[1]
