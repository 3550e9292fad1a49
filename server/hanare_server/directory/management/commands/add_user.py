"""`add_user`: a worker. The first PIN comes by a one-time code (`one_time_code`)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory import names
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named
from hanare_server.directory.models import Department, Organisation, User


class Command(OrganisationCommand):
    """Adds one user and prints the id."""

    help = "Add a user to a department; prints the user's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the user."""
        super().add_arguments(parser)
        parser.add_argument("--department", required=True, type=identifier)
        parser.add_argument("--name", required=True, help="what the worker types")
        parser.add_argument("--full-name", default="", help="what lists show")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        user = User(
            id=identifiers.new("usr"),
            organisation=organisation,
            department=_department(organisation, options["department"]),
            name=options["name"],
            name_key=_free_key(organisation, options["name"]),
            full_name=options["full_name"],
        )
        with act(organisation.id, COMMAND) as opened:
            user.save()
            opened.write(Act.ADDED, Thing("user", user.id))
        self.stdout.write(user.id)


def _department(organisation: Organisation, name: str) -> Department:
    department = Department.objects.filter(pk=name, organisation=organisation).first()
    if department is None:
        raise CommandError(f"there is no department {name} in {organisation.id}")
    return department


def _free_key(organisation: Organisation, name: str) -> str:
    try:
        key = names.normalise(name)
    except Problem as problem:
        raise CommandError("a name has 1 to 64 printable characters") from problem
    if User.objects.filter(organisation=organisation, name_key=key).exists():
        raise CommandError(f"there is a user of that name: {name}")
    return key
