"""F41: a hotel's network wants its own sign-in first: the stick says so and where, and connects by itself after it."""

import json
from typing import Final

import pytest

from hanare_lab.installation.hall import Hall

pytestmark = [pytest.mark.lab, pytest.mark.story]

PAGE: Final = "http://portal.hotel.example/sign-in?from=192.168.1.23"
NOTICED_S: Final = 40.0
"""One whole race (6 s) and the question to port 80; a busy machine takes longer."""


def test_a_portal_is_noticed_and_passed(hall: Hall) -> None:
    """Behind a portal the stick names its page; after the sign-in there the door comes up by itself."""
    home = hall.city.homes[0]
    home.raise_portal(PAGE)
    stick = hall.add_stick()
    stick.start_agent()
    refused = stick.wait_refused(seconds=NOTICED_S)
    assert (refused.code, json.loads(refused.detail)["url"]) == ("captive-portal", PAGE)
    stick.events.clear()
    home.lower_portal()
    assert stick.wait_for("ready", seconds=NOTICED_S).step == "ready"


def test_without_a_portal_nobody_speaks_of_one(hall: Hall) -> None:
    """A line that is simply dead is told as such."""
    home = hall.city.homes[1]
    home.cut()
    stick = hall.add_stick(home=1, number=2)
    stick.start_agent()
    assert stick.wait_refused(seconds=NOTICED_S).code == "door-unreachable"
    home.mend()
