"""`registration_token`: lets the kitting station register a batch of sticks within 15 minutes."""

from argparse import ArgumentParser
from typing import Any, Final

from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import (
    OrganisationCommand,
    department_of,
    identifier,
    organisation_named,
    refused,
    say,
)
from hanare_server.sticks.register import issue_token

LARGEST_BATCH: Final = 500
"""Sticks of one batch: what a kitting station writes within the token's life, with margin."""


class Command(OrganisationCommand):
    """Prints one token; nobody can read it again."""

    help = say("help.registration-token")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the batch."""
        super().add_arguments(parser)
        parser.add_argument("--count", type=int, default=1, help=say("option.count"))
        parser.add_argument("--department", type=identifier, help=say("option.sticks-of"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make and print the token."""
        organisation = organisation_named(options["organisation"])
        if not 1 <= options["count"] <= LARGEST_BATCH:
            raise refused("batch", largest=LARGEST_BATCH)
        department = department_of(organisation, options["department"]) if options["department"] else None
        with act(organisation.id, COMMAND) as opened:
            token = issue_token(opened, options["count"], department)
        self.stdout.write(token)
        self.then("registration-token")
