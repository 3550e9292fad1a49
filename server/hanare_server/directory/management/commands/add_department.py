"""`add_department`: a further department."""

from argparse import ArgumentParser
from typing import Any

from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named, refused, say
from hanare_server.directory.models import Department


class Command(OrganisationCommand):
    """Adds one department."""

    help = say("help.add-department")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the department."""
        super().add_arguments(parser)
        parser.add_argument("--id", required=True, type=identifier, help=say("option.new-id"))
        parser.add_argument("--name", required=True, help=say("option.name"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        if Department.objects.filter(pk=options["id"]).exists():
            raise refused("department-there", department=options["id"])
        with act(organisation.id, COMMAND) as opened:
            Department.objects.create(id=options["id"], organisation=organisation, name=options["name"])
            opened.write(Act.ADDED, Thing("department", options["id"]))
