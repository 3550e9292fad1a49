"""`provider_account`: makes an account that sees every organisation, or lets its owner in again.

Only who has a shell on the server may give that role away: an office's own administrators could else grant themselves
a look into every other office.
"""

from argparse import ArgumentParser
from typing import Any

from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.administrators import accounts
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.management.base import QuickCommand, identifier, refused, say


class Command(QuickCommand):
    """Prints the account's first password."""

    help = say("help.provider-account")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose account it is."""
        parser.add_argument("--organisation", required=True, type=identifier, help=say("option.provider"))
        parser.add_argument("--name", required=True, help=say("option.typed-name"))
        parser.add_argument("--person", default="", help=say("option.person"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make or reset it."""
        name = options["name"].strip().casefold()
        with act(options["organisation"], COMMAND) as opened:
            account = Administrator.objects.filter(name=name).first()
            if account is None:
                account = Administrator(id=identifiers.new("adm"), organisation=opened.organisation, name=name)
                account.role, account.person = Role.PROVIDER, options["person"]
                opened.write(Act.ADDED, Thing("administrator", account.pk), {"name": name, "role": str(account.role)})
            elif account.role != Role.PROVIDER or account.organisation_id != opened.organisation.pk:
                raise refused("account-kind", account=name)
            account.is_active = True
            accounts.lock_out(account)
            password = accounts.first_password(opened, account)
        self.stdout.write(password)
