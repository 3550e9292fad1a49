"""Whether the home's network is there, in namespaces of our own."""

import subprocess
import sys
from typing import Final

import pytest

pytestmark = pytest.mark.lab

THERE: Final = "from hanare_stick import uplink; print(uplink.there())"
AWAITED: Final = "import asyncio; from hanare_stick import uplink; print(asyncio.run(uplink.awaited({seconds})))"

LINK: Final = "ip link add {name} type veth peer name far; ip link set far up; ip link set {name} up"
HOME: Final = LINK.format(name="home0")
TUNNEL: Final = LINK.format(name="hn-door")
IPV4: Final = "ip address add 192.0.2.2/24 dev home0"
IPV6: Final = "ip address add 2001:db8::2/64 dev {} nodad"


def said(network: str, question: str = THERE) -> bool:
    """Return the answer in a namespace with this network."""
    asked = f"ip link set lo up\n{network}\nexec {sys.executable} -c '{question}'"
    told = subprocess.run(["unshare", "--net", "sh", "-c", asked], check=True, capture_output=True, text=True)
    return told.stdout.strip() == "True"


@pytest.mark.parametrize(
    ("network", "there"),
    [
        ("true", False),
        (HOME, False),
        (f"{HOME}; {IPV4}", True),
        (f"{HOME}; {IPV6.format('home0')}", True),
        (f"{TUNNEL}; {IPV6.format('hn-door')}", False),
    ],
    ids=["none", "link-alone", "ipv4", "ipv6", "own-tunnel"],
)
def test_an_address_of_the_home_is_the_network(network: str, *, there: bool) -> None:
    """A link that nobody has told an address leads nowhere, and our own tunnel is no way to itself."""
    assert said(network) is there


def test_it_is_awaited() -> None:
    """The address comes while one waits: that ends the waiting."""
    assert said(f"{HOME}; (sleep 1; {IPV4}) &", AWAITED.format(seconds=60))


def test_it_is_not_awaited_for_ever() -> None:
    """Where none comes one is told so."""
    assert not said(HOME, AWAITED.format(seconds=0.3))
