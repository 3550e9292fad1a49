"""F41: a hotel's network wants its own sign-in first: the stick says so and where, and connects by itself after it."""

import json
from typing import Final

import pytest

from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.wait import until
from tests.stories.at_home import unplug

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


def test_a_portal_s_nonsense_ends_nothing(hall: Hall) -> None:
    """An address that is none is passed over: the portal is told of, and the same agent connects after it."""
    home = hall.city.homes[1]
    home.raise_portal("http://[")
    stick = hall.add_stick(home=1, number=3)
    stick.start_agent()
    refused = stick.wait_refused(seconds=NOTICED_S)
    assert refused.code == "captive-portal"
    assert json.loads(refused.detail)["url"].startswith("http://")
    home.lower_portal()
    until(lambda: _ready(stick), seconds=NOTICED_S, what="the door")
    assert stick.agent is not None
    assert stick.agent.alive
    unplug(stick)


def _ready(stick: Stick) -> bool:
    stick.listen()
    return any(event.step == "ready" for event in stick.events)
