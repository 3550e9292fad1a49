"""Messages to sticks: from the form through the hub to a stick's channel, and back how far each has come."""

from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser

from hanare_core.messages.stick import Note, Noted, Reading, Standing, Welcome
from hanare_core.problems import Code
from hanare_server import hub_client
from hanare_server.console.roles import Role
from hanare_server.helpdesk import messages
from hanare_server.helpdesk.models import Delivery, Message
from tests.hub.peers import StickPeer, until
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

PAGE = "/console/messages/"


def channel(town: Town, stick: AtHome) -> StickPeer:
    """Switch the stick on, once the hub has read its row: a peer that it does not know is sent away."""
    assert hub_client.await_lease(town.id, "no-lease", town.organisation.revision) is Code.LEASE_ENDED
    peer = StickPeer(town.hub.dial("/stick/v1"), stick.stick, stick.identity)
    peer.take(Welcome)
    peer.take(Standing)
    return peer


def send(town: Town, **form: Any) -> int:
    """Send the form as the first administrator; return the status."""
    return (
        browser(town.administrator).post(f"{PAGE}new", {"ja": "至急ご連絡ください", "hours": "1", **form}).status_code
    )


def states(town: Town) -> dict[str, str]:
    """Return how far the newest message has come, after the worker has looked again."""
    messages.round_of(town.organisation)
    newest = Message.objects.filter(organisation=town.id).latest("sent_ms")
    return dict(newest.deliveries.values_list("stick__label", "state"))


def test_a_message_is_shown_and_read(town: Town) -> None:
    """The stick that is on gets it at once; the one that is off waits; what it says stands in the rows; never back."""
    on, _ = town.add_stick("総務1"), town.add_stick("総務2")
    peer = channel(town, on)
    assert send(town) == 302
    note = peer.take(Note)
    assert note.ja == "至急ご連絡ください"
    assert states(town) == {"総務1": "waiting", "総務2": "waiting"}
    peer.send(Noted(note.note, Reading.SHOWN))
    until(lambda: states(town)["総務1"] == "shown")
    peer.send(Noted(note.note, Reading.READ))
    until(lambda: states(town)["総務1"] == "read")
    peer.send(Noted(note.note, Reading.DELIVERED))
    assert states(town) == {"総務1": "read", "総務2": "waiting"}
    assert town.acts()[-1] == "message-sent"
    peer.close()


def test_a_stick_that_is_switched_on_later_gets_it_in_time(town: Town) -> None:
    """The worker's next round brings it; after its time nothing does."""
    stick = town.add_stick()
    assert send(town, stick=stick.stick) == 302
    peer = channel(town, stick)
    messages.round_of(town.organisation)
    assert peer.take(Note).en == ""
    peer.close()
    Message.objects.update(until_ms=1)
    late = channel(town, stick)
    messages.round_of(town.organisation)
    late.nothing(0.2)
    late.close()


def test_it_goes_to_a_department_or_to_all(town: Town) -> None:
    """A department's message reaches its own sticks; retired ones get none; nobody's is refused."""
    own, elsewhere = town.add_stick("総務1"), town.add_stick("税務1")
    assert send(town, department=town.department) == 302
    assert set(states(town)) == {"総務1", "税務1"}
    row = town.row(elsewhere)
    row.department, row.state = None, "revoked"
    row.save()
    assert send(town, department=town.department, en="Please call") == 302
    assert set(states(town)) == {town.row(own).label}
    assert send(town, stick=elsewhere.stick) == 422
    assert send(town, stick="st-of-nobody") == 404


@pytest.mark.parametrize("form", [{"ja": " "}, {"ja": "x" * 501}, {"ja": "\x07"}, {"hours": "99"}, {"hours": "x"}])
def test_what_cannot_be_sent_is_said(town: Town, form: dict[str, str]) -> None:
    """No text, too much of it, characters that nobody reads, no time: the form comes back with what was typed."""
    town.add_stick()
    assert send(town, **form) == 422
    assert not Message.objects.filter(organisation=town.id).exists()


def test_only_the_help_desk_sends(town: Town) -> None:
    """A contact and an auditor send nothing; another office's stick and message do not exist."""
    for role in (Role.CONTACT, Role.AUDITOR, Role.VIEWER):
        assert browser(account(town.organisation, role)).post(f"{PAGE}new", {"ja": "x"}).status_code == 403
    stick = town.add_stick()
    send(town)
    message = Message.objects.get(organisation=town.id)
    stranger = browser(account(town.elsewhere().organisation, Role.ADMINISTRATOR))
    assert stranger.get(f"{PAGE}{message.pk}").status_code == 404
    assert stranger.get(f"{PAGE}new?stick={stick.stick}").status_code == 404
    sent = stranger.post(f"{PAGE}new", {"ja": "x", "hours": "1", "stick": stick.stick})
    assert sent.status_code in {404, 422}


def test_many_sticks_cost_few_queries(town: Town, django_assert_max_num_queries: Any) -> None:
    """The page of a message to many sticks stays within twelve queries."""
    for number in range(3):
        town.add_stick(f"総務{number}")
    send(town)
    message = Message.objects.get(organisation=town.id)
    client = browser(town.administrator)
    with django_assert_max_num_queries(12, connection=connection):
        assert client.get(f"{PAGE}{message.pk}").status_code == 200
    assert Delivery.objects.filter(message=message).count() == 3


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, chrome: Browser, address: str, language: str) -> None:
    """Each page obeys the CSP, passes axe and fits the screen, in both languages."""
    stick, _ = town.add_stick("総務1"), town.add_stick("総務2")
    peer = channel(town, stick)
    send(town, en="Please call the help desk before 17:00.")
    peer.send(Noted(peer.take(Note).note, Reading.SHOWN))
    until(lambda: states(town)["総務1"] == "shown")
    message = Message.objects.get(organisation=town.id)
    visitor = Visitor(chrome, address, town.administrator, language)
    visitor.look(PAGE, "messages")
    visitor.look(f"{PAGE}new", "message-new")
    visitor.look(f"{PAGE}{message.pk}", "message")
    visitor.close()
    peer.close()
    assert not visitor.faults, visitor.faults
