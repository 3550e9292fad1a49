"""`registration_token`: lets the kitting station register a batch of sticks within 15 minutes."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import CommandError

from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named
from hanare_server.directory.models import Department
from hanare_server.sticks.register import issue_token

LARGEST_BATCH: Final = 500
"""Sticks of one batch: what a kitting station writes within the token's life, with margin."""


class Command(OrganisationCommand):
    """Prints one token; nobody can read it again."""

    help = "Print a token with which a batch of sticks is registered within 15 minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the batch."""
        super().add_arguments(parser)
        parser.add_argument("--count", type=int, default=1, help="how many sticks")
        parser.add_argument("--department", type=identifier, help="whose sticks they are")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make and print the token."""
        organisation = organisation_named(options["organisation"])
        if not 1 <= options["count"] <= LARGEST_BATCH:
            raise CommandError(f"a batch has 1 to {LARGEST_BATCH} sticks")
        department = Department.objects.filter(pk=options["department"], organisation=organisation).first()
        if options["department"] and department is None:
            raise CommandError(f"there is no department {options['department']} in {organisation.id}")
        with act(organisation.id, COMMAND) as opened:
            token = issue_token(opened, options["count"], department)
        self.stdout.write(token)
        self.then("registration-token")
