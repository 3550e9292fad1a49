"""`add_office_pc`: a user's own PC at the office, with the pin of its RDP certificate."""

from argparse import ArgumentParser
from ipaddress import IPv4Address
from typing import Any

import msgspec
from django.core.management.base import CommandError

from hanare_core.messages import api
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory import my_number
from hanare_server.directory.management.base import OrganisationCommand, organisation_named
from hanare_server.directory.models import OfficePC, User


class Command(OrganisationCommand):
    """Adds one office PC and prints its id."""

    help = "Add a user's office PC; prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the PC."""
        super().add_arguments(parser)
        parser.add_argument("--user", required=True, help="the user's id")
        parser.add_argument("--name", required=True)
        parser.add_argument("--kind", choices=OfficePC.Kind.values, required=True)
        parser.add_argument("--address", type=IPv4Address, required=True)
        parser.add_argument("--port", type=int, default=3389)
        parser.add_argument("--fingerprint", required=True, help="SHA-256 of its TLS certificate, aa:bb:…")
        parser.add_argument("--zone", choices=OfficePC.Zone.values, default=OfficePC.Zone.INTERNAL)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        user = User.objects.filter(pk=options["user"], organisation=organisation).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']} in {organisation.id}")
        if OfficePC.objects.filter(user=user).exists():
            raise CommandError("the user has an office PC already")
        if options["zone"] == my_number.ZONE or my_number.is_closed(organisation.id, str(options["address"])):
            raise CommandError("a PC of the zone mynumber is nobody's: telework never reaches it")
        shape = _checked(options)
        office_pc = OfficePC(
            id=identifiers.new("opc"),
            organisation=organisation,
            user=user,
            zone=options["zone"],
            **msgspec.structs.asdict(shape),
        )
        with act(organisation.id, COMMAND) as opened:
            office_pc.save()
            opened.write(Act.ADDED, Thing("office-pc", office_pc.id), {"user": user.id})
        self.stdout.write(office_pc.id)


def _checked(options: dict[str, Any]) -> api.OfficePc:
    """Return what the stick will be sent, so that a faulty row is refused now and not at a sign-in."""
    fields = {name: options[name] for name in ("name", "kind", "port", "fingerprint")}
    try:
        return msgspec.convert({**fields, "address": str(options["address"])}, api.OfficePc)
    except msgspec.ValidationError as error:
        raise CommandError(str(error)) from error
