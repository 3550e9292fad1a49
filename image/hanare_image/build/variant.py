"""What an image is built with: one typed TOML file a variant, checked as a whole before anything is built."""

from __future__ import annotations

from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import msgspec

from hanare_core import wire
from hanare_image.build.errors import BuildError

FOLDER: Final = "variants"


class Firmware(StrEnum):
    """Drivers' firmware for home PCs: none (wired or tethered PCs), or that of common laptops."""

    NONE = "none"
    COMMON = "common"


class Fonts(StrEnum):
    """Japanese fonts: a light one, or Noto for every character."""

    VL_GOTHIC = "vl-gothic"
    NOTO = "noto"


class Role(StrEnum):
    """What a PC is when it was started from the stick: a worker's desk, or the office's kitting station."""

    WORKER = "worker"
    KITTING = "kitting"


class SecureBoot(StrEnum):
    """Who trusts the start: PCs that know the release's own keys, or every PC as it is sold (compatible mode)."""

    OWN_KEYS = "own-keys"
    COMPATIBLE = "compatible"


class Variant(wire.Message, frozen=True):
    """The choices of one image."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,24}\Z")]
    role: Role = Role.WORKER
    secure_boot: SecureBoot = SecureBoot.OWN_KEYS
    firmware: Firmware = Firmware.NONE
    fonts: Fonts = Fonts.VL_GOTHIC
    browser: bool = False
    japanese_input: bool = False
    time_zone: Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z0-9_+-]*)*\Z")] = "Asia/Tokyo"
    """Of watermark and notices (tz database)."""
    compression: Annotated[int, msgspec.Meta(ge=1, le=22)] = 3
    """Level of zstd: 3 packs in seconds, 19 saves a twentieth and takes minutes."""
    overlay: str = ""
    """A folder of files laid over the root: for tests only, and named in the image's SBOM."""


def names() -> list[str]:
    """Return the names of the variants that come with Hanare."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def read(name: str) -> Variant:
    """Return a variant by its name or by the path of its file; raise BuildError that says what is wrong."""
    path = Path(name) if name.endswith(".toml") else Path(str(_folder() / f"{name}.toml"))
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Variant)
    except FileNotFoundError as error:
        raise BuildError(f"there is no variant {name}; choose one of {', '.join(names())}, or a .toml file") from error
    except (OSError, msgspec.DecodeError) as error:
        raise BuildError(f"{path}: {error}") from error


def _folder() -> resources.abc.Traversable:
    return resources.files("hanare_image.build") / FOLDER
