"""`audit_export`: writes an organisation's whole audit log with its checkpoints, for `tools/verify_audit.py`."""

import sys
from argparse import ArgumentParser
from typing import Any

from hanare_server.audit import export
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, say


class Command(OrganisationCommand):
    """Writes to stdout or a file."""

    help = say("help.audit-export")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where to write."""
        super().add_arguments(parser)
        parser.add_argument("--output", default="", help=say("option.output"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write every line."""
        organisation = organisation_named(options["organisation"])
        if not options["output"]:
            sys.stdout.buffer.writelines(export.lines(organisation))
            return
        with open(options["output"], "wb") as file:  # noqa: PTH123 the operator's own path
            file.writelines(export.lines(organisation))
