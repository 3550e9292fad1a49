"""`add_department`: a further department."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named
from hanare_server.directory.models import Department


class Command(OrganisationCommand):
    """Adds one department."""

    help = "Add a department."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the department."""
        super().add_arguments(parser)
        parser.add_argument("--id", required=True, type=identifier)
        parser.add_argument("--name", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        if Department.objects.filter(pk=options["id"]).exists():
            raise CommandError(f"there is a department {options['id']} already")
        with act(organisation.id, COMMAND) as opened:
            Department.objects.create(id=options["id"], organisation=organisation, name=options["name"])
            opened.write(Act.ADDED, Thing("department", options["id"]))
