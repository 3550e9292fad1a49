"""`hanare stick label` and `leaflet`: the commands that print."""

from pathlib import Path
from typing import Annotated

import typer

from hanare_core.sentences import LANGUAGES, Language
from hanare_core.texts import terminal_language
from hanare_image import disks, inspection, kitting, options, record
from hanare_image.enrolment import Enrolled
from hanare_image.paper import label as labels
from hanare_image.paper.label import SHEET_LABELS, Office
from hanare_image.paper.leaflet import leaflet
from hanare_image.texts import refused, say

Output = Annotated[Path, typer.Argument(help=say("help.output"))]
SiteFile = Annotated[Path, typer.Option("--site", help=say("help.site"))]
LanguageOption = Annotated[str | None, typer.Option("--language", metavar="ja|en", help=say("help.language"))]


def print_labels(  # noqa: PLR0913, PLR0917 - the options of one command
    output: Output,
    site: SiteFile,
    console: Annotated[str, typer.Option("--console", metavar="https://…", help=say("help.console"))],
    devices: Annotated[list[str] | None, typer.Argument(help=say("help.label-devices"))] = None,
    record_file: Annotated[Path | None, typer.Option("--record", help=say("help.label-record"))] = None,
    single: Annotated[bool, typer.Option("--single", help=say("help.single"))] = False,  # noqa: FBT002 - typer's way
    skip: Annotated[int, typer.Option("--skip", min=0, max=SHEET_LABELS - 1, help=say("help.skip"))] = 0,
    language: LanguageOption = None,
) -> None:
    """Print labels for the sticks of a record, or for those that are plugged in."""
    office = _office(site, console)
    sticks = [*(record.read(record_file) if record_file else []), *(_plugged(device) for device in devices or ())]
    if not sticks:
        raise refused("no-sticks")
    chosen = _language(language)
    printed = labels.single(sticks, office, chosen) if single else labels.sheet(sticks, office, chosen, skip=skip)
    _keep(output, printed)
    typer.echo(say("done.labels", path=output, sticks=len(sticks)))


def print_leaflet(
    output: Output,
    site: SiteFile,
    language: LanguageOption = None,
    person: Annotated[str, typer.Option("--for", help=say("help.for"))] = "",
) -> None:
    """Print the leaflet."""
    _keep(output, leaflet(_office(site, ""), _language(language), person=person))
    typer.echo(say("done.leaflet", path=output))


def _office(site: Path, console: str) -> Office:
    read = kitting.read_site(site)
    return Office(read.organisation_name, read.help_desk, console)


def _plugged(device: str) -> Enrolled:
    seen = inspection.look(disks.find(device).path, deep=False)
    if seen.certificate is None:
        raise refused("not-enrolled", path=device)
    return Enrolled(seen.certificate.stick, seen.label, "")


def _language(given: str | None) -> Language:
    if given is None:
        return terminal_language()
    for language in LANGUAGES:
        if given == language:
            return language
    raise refused("language", language=given)


def _keep(output: Path, printed: bytes) -> None:
    with options.output(output) as partial:
        partial.write_bytes(printed)
