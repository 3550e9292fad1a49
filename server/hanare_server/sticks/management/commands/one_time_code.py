"""`one_time_code`: a user's code for the first PIN. The old PIN, key and envelope are destroyed at once."""

from argparse import ArgumentParser
from typing import Any

from hanare_core.problems import Problem
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, refused_by, say, user_of
from hanare_server.sticks import reset


class Command(OrganisationCommand):
    """Prints one code; nobody can read it again."""

    help = say("help.one-time-code")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the user."""
        super().add_arguments(parser)
        parser.add_argument("--user", required=True, help=say("option.user"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Have keyd make the code, and forget the envelope."""
        organisation = organisation_named(options["organisation"])
        user = user_of(organisation, options["user"])
        try:
            issued = reset.issue_code(organisation.id, COMMAND, user.id)
        except Problem as problem:
            raise refused_by(problem, "keyd") from problem
        self.stdout.write(issued.code)
        self.then("one-time-code", user=user.id)
