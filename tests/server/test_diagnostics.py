"""Diagnostics of a stick by consent: asked, declined or sent, once, audited, bounded, and forgotten."""

import pytest

from hanare_core import signed
from hanare_core.messages import api
from hanare_core.messages.stick import Note, Noted, Reading
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_server.console.roles import Role
from hanare_server.helpdesk import diagnostics
from hanare_server.helpdesk.models import Bundle, Message
from tests.hub.peers import until
from tests.server.accounts import account, browser
from tests.server.test_messages import channel, states
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

FACTS = {"image": "7", "line": "udp", "memory": "2 of 4"}


def asked(town: Town, stick: AtHome) -> Message:
    """Press the button on the stick's page; return the question."""
    answer = browser(town.administrator).post(f"/console/messages/diagnostics/{stick.stick}")
    return Message.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def send(stick: AtHome, note: str, kind: Kind = Kind.DIAGNOSTICS, log: tuple[str, ...] = ('{"event":"<b>"}',)) -> None:
    """Send what an agent sends."""
    body = api.DiagnosticsBody(note=note, facts=FACTS, log=log)
    message = api.Diagnostics(stick=stick.stick, signed=signed.sign(kind, body, stick.identity))
    stick.post(f"{api.PREFIX}/diagnostics", message, api.Done)


@pytest.mark.usefixtures("patient")
def test_what_the_person_agreed_to_is_seen_and_saved(town: Town) -> None:
    """The question reaches the stick; the answer is shown inert, can be saved, and both acts are in the log, once."""
    stick = town.add_stick("総務1")
    peer = channel(town, stick)
    question = asked(town, stick)
    note = peer.take(Note)
    assert (note.note, note.diagnostics) == (question.pk, True)
    assert "パスワードは含まれません" in note.ja
    for _ in range(2):
        send(stick, question.pk)
    client = browser(town.administrator)
    page = client.get(f"/console/messages/{question.pk}").content.decode()
    assert "2 of 4" in page
    assert "&lt;b&gt;" in page
    saved = client.get(f"/console/messages/{question.pk}/diagnostics.json").json()
    assert (saved["stick"], saved["facts"]) == (stick.stick, FACTS)
    assert [act for act in town.acts() if act.startswith("diagnostics")] == [
        "diagnostics-asked",
        "diagnostics-received",
    ]
    peer.close()


def test_a_declined_question_brings_nothing(town: Town) -> None:
    """Read without a yes: the page says so, and there is no file."""
    stick = town.add_stick("総務1")
    peer = channel(town, stick)
    question = asked(town, stick)
    peer.send(Noted(peer.take(Note).note, Reading.READ))
    until(lambda: states(town)["総務1"] == "read")
    client = browser(town.administrator)
    assert "まだ届いていません" in client.get(f"/console/messages/{question.pk}").content.decode()
    assert client.get(f"/console/messages/{question.pk}/diagnostics.json").status_code == 404
    peer.close()


@pytest.mark.usefixtures("patient")
def test_nothing_is_taken_that_nobody_asked_for(town: Town) -> None:
    """Not from another stick, not for a plain message, not long after, not signed as something else."""
    stick, other = town.add_stick("総務1"), town.add_stick("総務2")
    question = asked(town, stick)
    plain = Message.objects.create(
        id=f"msg-{town.id}",
        organisation=town.organisation,
        ja="x",
        sent_by=town.administrator,
        sent_ms=1,
        until_ms=2**50,
    )
    plain.deliveries.create(stick_id=stick.stick, organisation=town.organisation)
    for sender, note, code in ((other, question.pk, Code.NOT_FOUND), (stick, plain.pk, Code.NOT_FOUND)):
        with pytest.raises(Problem) as problem:
            send(sender, note)
        assert problem.value.code is code
    with pytest.raises(Problem) as problem:
        send(stick, question.pk, Kind.END)
    assert problem.value.code is Code.NOT_AUTHENTIC
    Message.objects.filter(pk=question.pk).update(until_ms=1)
    with pytest.raises(Problem):
        send(stick, question.pk)
    assert not Bundle.objects.filter(organisation=town.id).exists()


@pytest.mark.usefixtures("patient")
def test_it_is_forgotten_after_thirty_days(town: Town) -> None:
    """The worker deletes it; who may not help has no button and no page."""
    stick = town.add_stick()
    question = asked(town, stick)
    send(stick, question.pk)
    diagnostics.round_of(town.organisation)
    assert Bundle.objects.filter(organisation=town.id).exists()
    viewer = browser(account(town.organisation, Role.VIEWER))
    assert viewer.post(f"/console/messages/diagnostics/{stick.stick}").status_code == 403
    assert viewer.get(f"/console/messages/{question.pk}/diagnostics.json").status_code == 403
    Bundle.objects.update(received_ms=1)
    diagnostics.round_of(town.organisation)
    assert not Bundle.objects.filter(organisation=town.id).exists()
