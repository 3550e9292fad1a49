"""The command line's options that several commands share, and how they are read."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from nacl.signing import SigningKey

from hanare_image import kitting
from hanare_image.ca import open_ca
from hanare_image.disks import Disk
from hanare_image.kitting import Batch
from hanare_image.record import Record
from hanare_image.stick import Enrolment
from hanare_image.texts import refused, say

Devices = Annotated[list[str], typer.Argument(help=say("help.devices"))]
Image = Annotated[Path, typer.Argument(help=say("help.image"))]
Serials = Annotated[list[str] | None, typer.Option("--serial", help=say("help.serial"))]
Ca = Annotated[Path | None, typer.Option("--ca", help=say("help.ca"))]
SiteFile = Annotated[Path | None, typer.Option("--site", help=say("help.site"))]
Server = Annotated[str | None, typer.Option("--server", metavar="ADDRESS:PORT", help=say("help.server"))]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help=say("help.token-file"))]
Labels = Annotated[list[str] | None, typer.Option("--label", help=say("help.label"))]
First = Annotated[int, typer.Option("--first", min=0, help=say("help.first"))]
PassphraseFd = Annotated[int | None, typer.Option("--passphrase-fd", help=say("help.passphrase-fd"))]
RecordFile = Annotated[Path | None, typer.Option("--record", help=say("help.record"))]
Yes = Annotated[bool, typer.Option("--yes", help=say("help.yes"))]

_NUMBER: Final = re.compile(r"#+")


def labels(given: Sequence[str], disks: Sequence[Disk], first: int) -> dict[Path, str]:
    """Return each disk's label: one `--label` a disk, or one whose `##` counts from `first`; raise KittingError."""
    if len(given) == 1 and _NUMBER.search(given[0]):
        counted = (_numbered(given[0], number) for number in range(first, first + len(disks)))
        return {disk.path: label for disk, label in zip(disks, counted, strict=True)}
    if len(given) != len(disks) or len(set(given)) != len(given):
        raise refused("labels", sticks=len(disks), labels=len(given))
    return {disk.path: label for disk, label in zip(disks, given, strict=True)}


def enrolment(  # noqa: PLR0913, PLR0917 - the options as they were typed
    ca: Path | None,
    site: Path | None,
    server: str | None,
    token_file: Path | None,
    named: dict[Path, str],
    passphrase_fd: int | None,
    record: Path | None,
) -> Enrolment:
    """Return what enrolling needs, with the CA opened; raise KittingError that names what is missing."""
    if ca is None or site is None or server is None or token_file is None:
        raise refused("enrol-options")
    read, endpoint = kitting.read_site(site), kitting.endpoint(server)
    try:
        token = token_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise refused("token-file", path=token_file) from error
    batch = Batch(read, open_with(ca, passphrase_fd), endpoint, token)
    kept = Record(record) if record else None
    return Enrolment(batch, named, kept.add if kept else lambda _enrolled: None)


def open_with(ca: Path, passphrase_fd: int | None) -> SigningKey:
    """Return the CA's key, opened by a passphrase from the descriptor or from the terminal; raise KittingError."""
    if passphrase_fd is not None:
        return open_ca(ca, kitting.passphrase(passphrase_fd))
    return open_ca(ca, str(typer.prompt(say("ask.passphrase"), hide_input=True, err=True)))


def confirm(disks: Sequence[Disk], *, yes: bool) -> None:
    """Let a person see what will be lost, and go on only with their yes."""
    if yes:
        return
    for disk in disks:
        typer.echo(f"  {disk.path}  {disk.name}  {disk.serial}  {disk.size / 1e9:.1f} GB", err=True)
    if not typer.confirm(say("ask.lose"), err=True):
        raise refused("not-confirmed")


@contextmanager
def output(path: Path) -> Iterator[Path]:
    """Give a file beside the wanted one and put it in its place when it is whole; raise KittingError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise refused("output", path=path, reason=error.strerror) from error
    finally:
        partial.unlink(missing_ok=True)


def _numbered(pattern: str, number: int) -> str:
    return _NUMBER.sub(lambda match: str(number).zfill(len(match[0])), pattern, count=1)
