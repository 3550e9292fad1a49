"""`add_user`: a worker. The first PIN comes by a one-time code (`one_time_code`)."""

from argparse import ArgumentParser
from typing import Any

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory import names
from hanare_server.directory.management.base import (
    OrganisationCommand,
    department_of,
    identifier,
    organisation_named,
    refused,
    say,
)
from hanare_server.directory.models import Organisation, User


class Command(OrganisationCommand):
    """Adds one user and prints the id."""

    help = say("help.add-user")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the user."""
        super().add_arguments(parser)
        parser.add_argument("--department", required=True, type=identifier, help=say("option.department"))
        parser.add_argument("--name", required=True, help=say("option.typed-name"))
        parser.add_argument("--full-name", default="", help=say("option.full-name"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        user = User(
            id=identifiers.new("usr"),
            organisation=organisation,
            department=department_of(organisation, options["department"]),
            name=options["name"],
            name_key=_free_key(organisation, options["name"]),
            full_name=options["full_name"],
        )
        with act(organisation.id, COMMAND) as opened:
            user.save()
            opened.write(Act.ADDED, Thing("user", user.id))
        self.stdout.write(user.id)


def _free_key(organisation: Organisation, name: str) -> str:
    try:
        key = names.normalise(name)
    except Problem as problem:
        raise refused("user-name") from problem
    if User.objects.filter(organisation=organisation, name_key=key).exists():
        raise refused("user-there", user=name)
    return key
