"""`add_gateway`: a gateway that the hub will know by its identity key."""

from argparse import ArgumentParser
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Any, Final

from django.core.management.base import CommandError

from hanare_core.door import door_network
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.directory.management.base import OrganisationCommand, identifier, organisation_named, public_key
from hanare_server.directory.models import Gateway

SMALLEST_PREFIX: Final = 28
"""A pool of 16 addresses, for tests; a town wants /18."""


class Command(OrganisationCommand):
    """Adds one gateway."""

    help = "Add a gateway: identity key (Ed25519, base64url) and the pool of inner addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the gateway."""
        super().add_arguments(parser)
        parser.add_argument("--id", required=True, type=identifier)
        parser.add_argument("--name", required=True)
        parser.add_argument("--identity-key", required=True, type=public_key)
        parser.add_argument("--pool", default="100.64.0.0/18", help="IPv4 network of inner addresses")
        parser.add_argument("--position", type=int, default=0, help="0 is tried first")

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
        raise CommandError(f"there is a gateway {name} already")
    if door_network(name) in map(door_network, known):
        raise CommandError(f"{name} would share its door network with another gateway: choose another id")


def _pool(text: str) -> str:
    try:
        pool = IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise CommandError(f"{text!r} is no IPv4 network") from error
    if pool.prefixlen > SMALLEST_PREFIX:
        raise CommandError(f"the pool must be /{SMALLEST_PREFIX} or larger")
    taken = [IPv4Network(known) for known in Gateway.objects.values_list("pool", flat=True)]
    if any(pool.overlaps(known) for known in taken):
        raise CommandError(f"{pool} overlaps another gateway's pool")
    return str(pool)
