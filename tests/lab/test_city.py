"""The city: who reaches whom, and how fast it stands and falls."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.city import City
from hanare_lab.machine import NETNS, Machine
from hanare_lab.wait import until

pytestmark = pytest.mark.lab

UP_AND_DOWN_SECONDS = 60.0
"""Wide: alone it takes one and a half, beside another worker's lab twice that."""

ANSWERED_SECONDS = 30.0
"""A fresh link and a busy machine may lose the first question."""


def reaches(machine: Machine, address: object) -> bool:
    """Ping once."""
    return machine.run(["ping", "-c1", "-W1", "-q", str(address)], check=False).returncode == 0


def wait_reached(machine: Machine, address: object) -> None:
    """Ping until it answers."""
    until(lambda: reaches(machine, address), seconds=ANSWERED_SECONDS, what=f"an answer of {address}")


def test_a_city_stands_and_falls_in_seconds(tmp_path: Path) -> None:
    """A city comes up and goes down in seconds and leaves no process, mount or network behind."""
    before = Path("/proc/self/mountinfo").read_text().count("\n")
    named = set(NETNS.iterdir()) if NETNS.exists() else set()
    start = time.monotonic()
    with City(pcs=2, log_dir=tmp_path) as city:
        sleeper = city.pcs[0].start("sleeper", ["sh", "-c", "setsid sleep 600 & sleep 600"])
        assert sleeper.alive
    assert time.monotonic() - start < UP_AND_DOWN_SECONDS
    assert set(NETNS.iterdir()) == named
    assert Path("/proc/self/mountinfo").read_text().count("\n") - before <= 1  # ip(8) keeps /run/netns mounted
    running = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    assert not [pid for pid in running if "sleep" in _command_of(pid)]


def test_a_home_reaches_the_gateway_through_its_router(city: City) -> None:
    """The gateway sees the home router's public address, not the home PC's, on IPv4; IPv6 is routed."""
    for home in city.homes:
        wait_reached(home.pc, addresses.GATEWAY_WAN)
        wait_reached(home.pc, addresses.GATEWAY_WAN6)
    public = addresses.home_line(1)[2]
    with Capture(city.gateway, "wan0", "icmp") as capture:
        wait_reached(city.homes[0].pc, addresses.GATEWAY_WAN)
        assert {packet.source for packet in capture.stop()} == {public, addresses.GATEWAY_WAN}


def test_a_home_cannot_reach_the_office_without_the_vpn(city: City) -> None:
    """No home has a way to the office LAN, on either family, whatever its own subnet."""
    for home in city.homes:
        for target in (addresses.SERVER, addresses.SERVER6, addresses.pc_address(1), addresses.pc_address6(1)):
            assert not reaches(home.pc, target)


def test_the_internet_cannot_reach_into_a_home(city: City) -> None:
    """A home router lets in answers only."""
    assert not reaches(city.gateway, addresses.home_lan6(1)[addresses.HOME_PC])


def test_the_office_reaches_itself(city: City) -> None:
    """Server, gateway and office PCs see each other, on both families."""
    for target in (addresses.SERVER, addresses.SERVER6, addresses.GATEWAY_LAN, addresses.pc_address6(2)):
        wait_reached(city.pcs[0], target)


def test_the_office_routes_sticks_to_the_gateway(city: City) -> None:
    """Server and office PCs send the session pool and the door prefix to the gateway."""
    for machine in (city.server, *city.pcs):
        assert f"via {addresses.GATEWAY_LAN}" in machine.run(["ip", "route", "get", "100.64.0.9"]).stdout
        route = machine.run(["ip", "route", "get", str(addresses.DOOR_PREFIX[9])]).stdout
        assert f"via {addresses.GATEWAY_LAN6}" in route


def _command_of(pid: str) -> str:
    try:
        return Path("/proc", pid, "comm").read_text()
    except OSError:
        return ""
