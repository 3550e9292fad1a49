"""`hanare stick …`: the kitting station's command line. `hanare stick --help` lists the commands.

Ends with 0; with 1 when a stick failed or is not what it should be, or a command cannot be carried out; with 2 for a
wrong command line. No secret stands in an argument list: the CA's passphrase is asked at the terminal or read from a
file descriptor, the token is in a file.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hanare_core import fingerprint
from hanare_image import disks, inspection, options, printing, rekey, stick
from hanare_image.bars import Bars, tell
from hanare_image.ca import PUBLIC_FILE
from hanare_image.errors import KittingError
from hanare_image.inspection import Look
from hanare_image.kit import guide
from hanare_image.options import (
    Ca,
    Devices,
    First,
    Image,
    Labels,
    PassphraseFd,
    RecordFile,
    Serials,
    Server,
    SiteFile,
    TokenFile,
    Yes,
)
from hanare_image.texts import refused, say

commands = typer.Typer(
    help=say("help.stick"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they show what variables hold, a passphrase for one
)


def app(args: Sequence[str] | None = None, prog_name: str = "hanare stick") -> None:
    """Run the command line; a KittingError is said in one line."""
    try:
        commands(args=args, prog_name=prog_name)
    except KittingError as error:
        sys.stderr.write(f"hanare: {error}\n")
        sys.exit(1)


@commands.command("list", help=say("help.list"))
def list_sticks() -> None:
    """Show the removable disks of this machine."""
    table = Table(*(say(f"column.{name}") for name in ("disk", "name", "serial")), "GB")
    for disk in disks.removable():
        table.add_row(str(disk.path), disk.name, disk.serial, f"{disk.size / 1e9:.1f}")
    Console(markup=False, emoji=False).print(table)


@commands.command(help=say("help.write"))
def write(  # noqa: PLR0913, PLR0917 - the options of one command
    image: Image,
    devices: Devices,
    serial: Serials = None,
    ca: Ca = None,
    site: SiteFile = None,
    server: Server = None,
    token_file: TokenFile = None,
    label: Labels = None,
    first: First = 1,
    passphrase_fd: PassphraseFd = None,
    record: RecordFile = None,
    yes: Yes = False,  # noqa: FBT002 - typer reads flags like this
) -> None:
    """Write sticks side by side; with a CA, enrol them too."""
    chosen = disks.choose(devices, serial or [])
    enrolling = None
    if any(option is not None for option in (ca, site, server, token_file, label)):
        named = options.labels(label or [], chosen, first)
        enrolling = options.enrolment(ca, site, server, token_file, named, passphrase_fd, record)
    options.confirm(chosen, yes=yes)
    with Bars(chosen) as bars:
        outcomes = stick.write(chosen, image, bars.update, enrolling)
    _end(tell(outcomes))


@commands.command(help=say("help.enrol"))
def enrol(  # noqa: PLR0913, PLR0917 - the options of one command
    devices: Devices,
    serial: Serials = None,
    ca: Ca = None,
    site: SiteFile = None,
    server: Server = None,
    token_file: TokenFile = None,
    label: Labels = None,
    first: First = 1,
    passphrase_fd: PassphraseFd = None,
    record: RecordFile = None,
) -> None:
    """Give written sticks their identity and register them."""
    chosen = disks.choose(devices, serial or [])
    named = options.labels(label or [], chosen, first)
    enrolling = options.enrolment(ca, site, server, token_file, named, passphrase_fd, record)
    _end(tell(stick.enrol(chosen, enrolling)))


@commands.command(help=say("help.verify"))
def verify(
    devices: Devices,
    image: Annotated[Path | None, typer.Option("--image", help=say("help.verify-image"))] = None,
    ca: Annotated[Path | None, typer.Option("--ca", help=say("help.verify-ca"))] = None,
) -> None:
    """Say whether sticks are what was written, and what differs."""
    built = stick.read_release(image) if image else None
    public = _public(ca) if ca else None
    sound = True
    for device in devices:
        told = inspection.verify(disks.find(device).path, built, image, public)
        sound = sound and not told
        typer.echo(f"{say('outcome.differs' if told else 'outcome.same')}  {device}")
        for line in told:
            typer.echo(f"    {line}")
    _end(sound)


@commands.command(help=say("help.info"))
def info(devices: Devices) -> None:
    """Show what stands on sticks."""
    for device in devices:
        table = Table(title=device, show_header=False, title_justify="left")
        for name, text in _rows(inspection.look(disks.find(device).path, deep=False)):
            table.add_row(say(f"info.{name}"), text)
        Console(markup=False, emoji=False).print(table)


commands.command("kit", help=say("help.kit"))(guide.kit)
commands.command("label", help=say("help.print-label"))(printing.print_labels)
commands.command("certify", help=say("help.certify"))(rekey.certify)
commands.command("gateways", help=say("help.gateways"))(rekey.gateways)
commands.command("leaflet", help=say("help.leaflet"))(printing.print_leaflet)


def _rows(seen: Look) -> list[tuple[str, str]]:
    shown, site = seen.certificate, seen.site
    rows = []
    if shown and site:
        ends = datetime.fromtimestamp(shown.not_after_ms / 1000, UTC)
        rows += [
            ("label", seen.label),
            ("stick", shown.stick),
            ("organisation", f"{site.organisation_name} ({shown.organisation})"),
            ("fingerprint", fingerprint.digits(shown.identity_key)),
            ("certificate", f"{ends:%Y-%m-%d}"),
            ("generation", str(seen.generation)),
            ("help-desk", site.help_desk),
        ]
    else:
        rows.append(("stick", "\n".join(seen.faults) or say("info.none")))
    for slot in seen.slots:
        version = seen.version(slot)
        rows.append((f"slot-{slot.letter.lower()}", say("info.empty") if version is None else str(version)))
    return rows


def _public(ca: Path) -> str:
    try:
        return (ca / PUBLIC_FILE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise refused("ca-public", path=ca / PUBLIC_FILE) from error


def _end(good: bool) -> None:  # noqa: FBT001 - the outcome itself
    if not good:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
