"""`rekey`: exports what the kitting station signs, imports what it signed, says how far it is.

A round is begun in the console, because that takes two people.
"""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError

from hanare_core.messages import renewal
from hanare_core.problems import Problem
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named
from hanare_server.directory.models import Organisation, Stick
from hanare_server.rekey import batch, rounds


class Command(OrganisationCommand):
    """One of `export`, `import`, `gateways`, `status`."""

    help = "Give every stick new keys, and tell sticks of new gateways, without visiting them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the steps."""
        super().add_arguments(parser)
        parser.add_argument("step", choices=sorted(_STEPS))
        parser.add_argument("--file", type=Path, help="export, import, gateways: the file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Carry out the step; a Problem is said in one line."""
        organisation = organisation_named(options["organisation"])
        try:
            self.stdout.write(_STEPS[options["step"]](organisation, options))
        except Problem as problem:
            raise CommandError(f"{options['step']}: {problem.code.value} {dict(problem.detail)}") from problem
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"cannot use {options['file']}: {error}") from error


def _export(organisation: Organisation, options: dict[str, Any]) -> str:
    requests = list(batch.waiting(organisation))
    _file(options).write_bytes(renewal.lines(requests))
    return f"{len(requests)} requests"


def _import(organisation: Organisation, options: dict[str, Any]) -> str:
    answers = renewal.read(_file(options).read_bytes(), renewal.Answer)
    with act(organisation.id, COMMAND) as opened:
        refused = batch.take(opened, answers)
    told = [f"line {one.number}: {one.stick}: {one.code}" for one in refused]
    return "\n".join([*told, f"{len(answers) - len(refused)} certificates, {len(refused)} refused"])


def _gateways(organisation: Organisation, options: dict[str, Any]) -> str:
    with act(organisation.id, COMMAND) as opened:
        return f"gateway list {batch.take_list(opened, _file(options).read_text('ascii').strip())}"


def _status(organisation: Organisation, _options: dict[str, Any]) -> str:
    rekey = rounds.present(organisation.id)
    if rekey is None:
        return "no re-key"
    sticks = rounds.with_progress(Stick.objects.filter(organisation=organisation), rekey)
    counted = Counter(stick.progress for stick in sticks)
    return " ".join(f"{progress.value} {counted[progress.value]}" for progress in rounds.Progress)


def _file(options: dict[str, Any]) -> Path:
    if options["file"] is None:
        raise CommandError(f"{options['step']} wants --file")
    path: Path = options["file"]
    return path


_STEPS: Final = {
    "export": _export,
    "gateways": _gateways,
    "import": _import,
    "status": _status,
}
