"""`add_gateway`: a gateway that the hub will know by its identity key."""

from argparse import ArgumentParser
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any, Final

from hanare_core.door import door_network
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory.management.base import (
    OrganisationCommand,
    identifier,
    organisation_named,
    public_key,
    refused,
    say,
)
from hanare_server.directory.models import Gateway

SMALLEST_PREFIX: Final = 28
"""A pool of 16 addresses, for tests; a town wants /18."""


class Command(OrganisationCommand):
    """Adds one gateway."""

    help = say("help.add-gateway")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the gateway."""
        super().add_arguments(parser)
        parser.add_argument("--id", required=True, type=identifier, help=say("option.new-id"))
        parser.add_argument("--name", required=True, help=say("option.name"))
        parser.add_argument("--identity-key", required=True, type=public_key, help=say("option.identity-key"))
        parser.add_argument("--pool", default="100.64.0.0/18", help=say("option.pool"))
        parser.add_argument("--position", type=int, default=0, help=say("option.position"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the row, its revision and its audit row."""
        organisation = organisation_named(options["organisation"])
        _check_id(options["id"])
        gateway = Gateway(
            id=options["id"],
            organisation=organisation,
            name=options["name"],
            identity_key=options["identity_key"],
            pool=_pool(options["pool"]),
            position=options["position"],
        )
        with act(organisation.id, COMMAND) as opened:
            opened.touch(gateway)
            opened.write(Act.ADDED, Thing("gateway", gateway.id))


def _check_id(name: str) -> None:
    known = list(Gateway.objects.values_list("pk", flat=True))
    if name in known:
        raise refused("gateway-there", gateway=name)
    if door_network(name) in map(door_network, known):
        raise refused("gateway-network", gateway=name)


def _pool(text: str) -> str:
    try:
        pool = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise refused("pool", pool=text) from error
    if pool.prefixlen > SMALLEST_PREFIX:
        raise refused("pool-small", pool=pool, prefix=SMALLEST_PREFIX)
    taken = [IPv4Network(known) for known in Gateway.objects.values_list("pool", flat=True)]
    if any(pool.overlaps(known) for known in taken):
        raise refused("pool-overlaps", pool=pool)
    return str(pool)
