"""What the data medium holds, checked before anybody is asked for anything; the image's parts, when it is written.

    kit.toml      the server's and the console's addresses; perhaps label and first number
    site.json     the office's site file
    token         the batch's registration token
    CA/           the kitting CA, unless it has a medium of its own
    IMAGE/        a built image, in the only folder that has an image.json

Windows' editors add `.txt` to names and a mark before UTF-8; both are taken. What is kept there: `record.csv` and the
labels of each batch.
"""

import re
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from hanare_core import wire
from hanare_core.site import Endpoint, Site
from hanare_image import kitting, record, release
from hanare_image.ca import KEY_FILE, PUBLIC_FILE
from hanare_image.release import Release
from hanare_image.texts import refused

SETTINGS: Final = "kit.toml"
SITE: Final = "site.json"
TOKEN: Final = "token"  # noqa: S105 - a file's name
CA_FOLDER: Final = "CA"
RECORD: Final = "record.csv"
LABELS: Final = "labels-{number:03}.pdf"


class Settings(wire.Message, frozen=True):
    """What `kit.toml` says."""

    server: str
    """The API on the office LAN, ADDRESS:PORT."""
    console: Annotated[str, msgspec.Meta(pattern=r"^https://")]
    label: wire.Text = ""
    """What is printed on each stick, with `##` as the counter."""


class Contents(NamedTuple):
    """A data medium that has all that a batch needs."""

    folder: Path
    settings: Settings
    server: Endpoint
    site: Site
    image: Path
    built: Release

    def token(self) -> str:
        """Return the registration token; raise KittingError."""
        return _text(self.folder, TOKEN).strip()

    @property
    def record(self) -> Path:
        """Say where the batches' record is."""
        return self.folder / RECORD

    def labels(self) -> Path:
        """Return a file for this batch's labels that is not there yet."""
        number = 1
        while (path := self.folder / LABELS.format(number=number)).exists():
            number += 1
        return path

    def next_number(self, pattern: str) -> int:
        """Return where the counter of a label goes on, by the record; raise KittingError for a damaged record."""
        if not self.record.exists() or "#" not in pattern:
            return 1
        before, _, after = (re.escape(part) for part in re.split("(#+)", pattern, maxsplit=1))
        known = [re.fullmatch(f"{before}([0-9]+){after}", line.label) for line in record.read(self.record)]
        return max((int(found[1]) for found in known if found), default=0) + 1


def read(folder: Path) -> Contents:
    """Return what a medium holds; raise KittingError that names what is missing or wrong."""
    try:
        settings = msgspec.toml.decode(_text(folder, SETTINGS), type=Settings)
    except msgspec.DecodeError as error:
        raise refused("kit-settings", file=SETTINGS, reason=error) from error
    image = _image(folder)
    return Contents(
        folder=folder,
        settings=settings,
        server=kitting.endpoint(settings.server),
        site=kitting.read_site(folder / SITE),
        image=image,
        built=release.read(image),
    )


def ca_folder(medium: Path) -> Path | None:
    """Return the CA's folder on a medium: `CA` or the medium itself."""
    return next((place for place in (medium / CA_FOLDER, medium) if (place / KEY_FILE).exists()), None)


def ca_public(medium: Path) -> str | None:
    """Return the CA's public key, where the medium has it."""
    path = medium / CA_FOLDER / PUBLIC_FILE
    return path.read_text("ascii", "replace").strip() if path.exists() else None


def _image(folder: Path) -> Path:
    found = sorted(path.parent for path in folder.glob(f"*/{release.MANIFEST}"))
    if len(found) != 1:
        raise refused("kit-images", images=len(found), file=release.MANIFEST)
    return found[0]


def _text(folder: Path, name: str) -> str:
    for path in (folder / name, folder / f"{name}.txt"):
        try:
            return path.read_text("utf-8-sig")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError as error:
            raise refused("kit-encoding", file=path.name) from error
    raise refused("kit-lacks", file=name)
