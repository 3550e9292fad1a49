"""`one_time_code`: a user's code for the first PIN. The old PIN, key and envelope are destroyed at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from hanare_core.problems import Code, Problem
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named
from hanare_server.sticks import reset


class Command(OrganisationCommand):
    """Prints one code; nobody can read it again."""

    help = "Print a user's one-time code (three days); destroys the user's old PIN."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the user."""
        super().add_arguments(parser)
        parser.add_argument("--user", required=True, help="the user's id")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Have keyd make the code, and forget the envelope."""
        organisation = organisation_named(options["organisation"])
        try:
            issued = reset.issue_code(organisation.id, COMMAND, options["user"])
        except Problem as problem:
            if problem.code is Code.NOT_FOUND:
                raise CommandError(f"there is no user {options['user']} in {organisation.id}") from problem
            raise CommandError(f"keyd: {problem.code.value}") from problem
        self.stdout.write(issued.code)
        self.then("one-time-code", user=options["user"])
