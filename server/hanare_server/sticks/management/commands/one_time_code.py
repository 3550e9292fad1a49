"""`one_time_code`: a user's code for the first PIN. The old PIN, key and envelope are destroyed at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from hanare_core.messages import keyd
from hanare_core.problems import Problem
from hanare_server import keyd_client
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory.management.base import OrganisationCommand, organisation_named
from hanare_server.directory.models import User


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
        user = User.objects.filter(pk=options["user"], organisation=organisation).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']} in {organisation.id}")
        request = keyd.IssueCodeRequest(organisation=organisation.id, user=user.id)
        try:
            answer = keyd_client.ask(request, keyd.IssueCodeAnswer)
        except Problem as problem:
            raise CommandError(f"keyd: {problem.code.value}") from problem
        with act(organisation.id, COMMAND) as opened:
            User.objects.filter(pk=user.pk).update(envelope="")
            opened.write(Act.CODE_ISSUED, Thing("user", user.id))
        self.stdout.write(answer.code)
