"""`end_stick`: takes a lost, broken or copied stick out of use for ever; another one is written in its place."""

from argparse import ArgumentParser
from typing import Any

from hanare_core.problems import Problem
from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named, refused, say
from hanare_server.directory.models import Stick
from hanare_server.sticks import recovery


class Command(OrganisationCommand):
    """Closes the stick's door."""

    help = say("help.end-stick")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the stick."""
        super().add_arguments(parser)
        parser.add_argument("--stick", required=True, type=identifier, help=say("option.stick"))
        parser.add_argument("--state", default=Stick.State.REVOKED, choices=Stick.RETIRED, help=say("option.state"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """End it."""
        organisation = organisation_named(options["organisation"])
        try:
            recovery.retire(organisation.id, COMMAND, options["stick"], Stick.State(options["state"]))
        except Problem as problem:
            raise refused("no-stick", stick=options["stick"], organisation=organisation.id) from problem
        self.then("end-stick", stick=options["stick"])
