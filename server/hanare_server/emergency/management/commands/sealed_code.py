"""`sealed_code`: prints the organisation's break-glass code once, for an envelope in the safe."""

from typing import Any

from hanare_server.audit.log import COMMAND
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, say
from hanare_server.emergency import code


class Command(OrganisationCommand):
    """Prints one code; nobody can read it again."""

    help = say("help.sealed-code")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make and print it."""
        organisation = organisation_named(options["organisation"])
        self.stdout.write(code.issue(organisation.id, COMMAND))
