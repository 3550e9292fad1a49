"""`rekey`: exports what the kitting station signs, imports what it signed, says how far it is.

A round is begun in the console, because that takes two people.
"""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any, Final

from hanare_core.messages import renewal
from hanare_core.problems import Code, Problem
from hanare_core.sentences import sentence
from hanare_core.texts import terminal_language
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, refused, refused_by, say
from hanare_server.directory.models import Organisation, Stick
from hanare_server.rekey import batch, rounds


class Command(OrganisationCommand):
    """One of `export`, `import`, `gateways`, `status`."""

    help = say("help.rekey")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the steps."""
        super().add_arguments(parser)
        parser.add_argument("step", choices=sorted(_STEPS), help=say("option.step"))
        parser.add_argument("--file", type=Path, help=say("option.step-file"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Carry out the step; a Problem is said in one line."""
        organisation = organisation_named(options["organisation"])
        try:
            told = _STEPS[options["step"]](organisation, options)
            self.stdout.write(told)
        except Problem as problem:
            raise refused_by(problem, options["step"]) from problem
        except (OSError, UnicodeDecodeError) as error:
            raise refused("file", path=options["file"], reason=error) from error
        following = _next_of(options["step"], told)
        if following:
            self.then(following, count=told.partition(" ")[0])


def _next_of(step: str, told: str) -> str:
    """Return the key of what to do after a step; empty: nothing."""
    if step == "export" and told.startswith("0 "):
        return "rekey-nothing"
    return f"rekey-{step}" if step in {"export", "import", "gateways"} else ""


def _refused(one: batch.Refused) -> str:
    reason = sentence(Code(one.code), terminal_language()).title
    return say("rekey.refused", line=one.number, stick=one.stick, reason=reason, code=one.code)


def _export(organisation: Organisation, options: dict[str, Any]) -> str:
    requests = list(batch.waiting(organisation))
    _file(options).write_bytes(renewal.lines(requests))
    return f"{len(requests)} requests"


def _import(organisation: Organisation, options: dict[str, Any]) -> str:
    answers = renewal.read(_file(options).read_bytes(), renewal.Answer)
    with act(organisation.id, COMMAND) as opened:
        refused = batch.take(opened, answers)
    told = [_refused(one) for one in refused]
    return "\n".join([*told, f"{len(answers) - len(refused)} certificates, {len(refused)} refused"])


def _gateways(organisation: Organisation, options: dict[str, Any]) -> str:
    with act(organisation.id, COMMAND) as opened:
        return f"gateway list {batch.take_list(opened, _file(options).read_text('ascii').strip())}"


def _status(organisation: Organisation, _options: dict[str, Any]) -> str:
    rekey = rounds.present(organisation.id)
    if rekey is None:
        return say("rekey.none")
    sticks = rounds.with_progress(Stick.objects.filter(organisation=organisation), rekey)
    counted = Counter(stick.progress for stick in sticks)
    return " ".join(f"{progress.value} {counted[progress.value]}" for progress in rounds.Progress)


def _file(options: dict[str, Any]) -> Path:
    if options["file"] is None:
        raise refused("file-wanted", step=options["step"])
    path: Path = options["file"]
    return path


_STEPS: Final = {
    "export": _export,
    "gateways": _gateways,
    "import": _import,
    "status": _status,
}
