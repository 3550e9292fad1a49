"""`after_restore`: what must be said after the server or keyd was brought back from a backup."""

from argparse import ArgumentParser
from typing import Any

from hanare_core.problems import Problem
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, refused_by, say
from hanare_server.sticks import recovery


class Command(OrganisationCommand):
    """Lets each stick be ahead once, and has keyd destroy again what is known to be destroyed."""

    help = say("help.after-restore")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what was restored."""
        super().add_arguments(parser)
        parser.add_argument("--part", required=True, choices=("server", "keyd"), help=say("option.part"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what that part needs."""
        organisation = organisation_named(options["organisation"])
        if options["part"] == "server":
            self.stdout.write(f"sticks: {recovery.allow_ahead(organisation.id, COMMAND)}")
            self.then("after-restore-server")
            return
        try:
            users = list(recovery.reconcile_keyd(organisation.id, COMMAND))
        except Problem as problem:
            raise refused_by(problem, "keyd") from problem
        for user in users:
            self.stdout.write(user)
        self.then("after-restore-keyd" if users else "after-restore-nobody")
