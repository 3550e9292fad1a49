"""`add_office_pc`: a user's own PC at the office, with the pin of its RDP certificate."""

from argparse import ArgumentParser
from ipaddress import IPv4Address
from typing import Any

import msgspec

from hanare_core.messages import api
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory import my_number
from hanare_server.directory.management.base import OrganisationCommand, organisation_named, refused, say, user_of
from hanare_server.directory.models import OfficePC


class Command(OrganisationCommand):
    """Adds one office PC and prints its id."""

    help = say("help.add-office-pc")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the PC."""
        super().add_arguments(parser)
        parser.add_argument("--user", required=True, help=say("option.user"))
        parser.add_argument("--name", required=True, help=say("option.name"))
        parser.add_argument("--kind", choices=OfficePC.Kind.values, required=True, help=say("option.kind"))
        parser.add_argument("--address", type=IPv4Address, required=True, help=say("option.address"))
        parser.add_argument("--port", type=int, default=3389, help=say("option.port"))
        parser.add_argument("--fingerprint", required=True, help=say("option.fingerprint"))
        zone = OfficePC.Zone
        parser.add_argument("--zone", choices=zone.values, default=zone.INTERNAL, help=say("option.zone"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row and its audit row."""
        organisation = organisation_named(options["organisation"])
        user = user_of(organisation, options["user"])
        if OfficePC.objects.filter(user=user).exists():
            raise refused("office-pc-there", user=user.id)
        if options["zone"] == my_number.ZONE or my_number.is_closed(organisation.id, str(options["address"])):
            raise refused("my-number")
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
        raise refused("office-pc", fault=error) from error
