"""Lending: the ledger, lend and take back, a scanned label, what is overdue, what is lost."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from hanare_server.clock import now_ms
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Loan
from hanare_server.lending import reminders
from hanare_server.lending.days import today_of
from hanare_server.lending.models import LostStick, Reminder
from tests.server.accounts import account, browser
from tests.server.town import Town
from tests.server.worker_at_home import AtHome


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of the first department's contact."""
    return browser(account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)]))


def lend(client: Client, town: Town, stick: AtHome, user: str = "tanaka", days: int = 7) -> int:
    """Lend by the form; return the answer's status."""
    due = today_of(town.organisation) + timedelta(days=days)
    sent = {"user": user, "due": due.isoformat()}
    return client.post(f"/console/lending/{stick.stick}/lend", sent).status_code


def overdue(stick: AtHome) -> None:
    """Let the stick's loan have been due a minute ago."""
    Loan.objects.filter(stick=stick.stick).update(due_ms=now_ms() - 60_000)


def test_a_stick_is_lent_and_taken_back(town: Town, client: Client) -> None:
    """The ledger says who holds it, nobody else gets it meanwhile, and the history keeps it for ever."""
    stick = town.add_stick()
    town.add_user("tanaka", full_name="田中 花子")
    town.add_user("sato")
    assert lend(client, town, stick, "ＴＡＮＡＫＡ") == 302
    assert "田中 花子" in client.get("/console/lending").content.decode()
    assert lend(client, town, stick, "sato") == 409
    assert client.post(f"/console/lending/{stick.stick}/take-back").status_code == 302
    assert "田中 花子" not in client.get("/console/lending").content.decode()
    assert lend(client, town, stick, "sato") == 302
    held = Loan.objects.filter(stick=stick.stick).order_by("since_ms")
    assert [loan.user.name for loan in held] == ["tanaka", "sato"]
    assert [act for act in town.acts() if act in ("lent", "taken-back")] == ["lent", "taken-back", "lent"]


@pytest.mark.parametrize(
    ("user", "days", "status"), [("nobody", 7, 422), ("", 7, 422), ("tanaka", -1, 400), ("tanaka", 999, 400)]
)
def test_a_loan_that_cannot_be_is_refused(town: Town, client: Client, user: str, days: int, status: int) -> None:
    """An unknown user or an impossible day changes nothing."""
    stick = town.add_stick()
    town.add_user("tanaka")
    assert lend(client, town, stick, user, days) == status
    assert not Loan.objects.filter(stick=stick.stick).exists()


def test_a_scanned_label_leads_to_the_stick(town: Town, client: Client) -> None:
    """The address of the QR code shows the stick and the one button that makes sense now; others do not see it."""
    stick = town.add_stick()
    town.add_user("tanaka")
    assert f"/console/lending/{stick.stick}/lend" in client.get(f"/s/{stick.stick}").content.decode()
    lend(client, town, stick)
    assert f"/console/lending/{stick.stick}/take-back" in client.get(f"/s/{stick.stick}").content.decode()
    assert browser(account(town.organisation, Role.CONTACT)).get(f"/s/{stick.stick}").status_code == 404
    assert Client().get(f"/s/{stick.stick}").headers["Location"].startswith("/console/sign-in?next=/s/")


def test_a_refused_loan_leaves_the_form_as_it_was_typed(town: Town, client: Client) -> None:
    """Who lends a stick that is out reads who has it, and finds name and day where they were."""
    stick = town.add_stick("総務8")
    town.add_user("tanaka")
    town.add_user("suzuki")
    lend(client, town, stick)
    day = client.get(f"/console/lending/{stick.stick}/lend").context["due"]
    answer = client.post(f"/console/lending/{stick.stick}/lend", {"user": "suzuki", "due": day})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(part in page for part in ("suzuki", day, "先に返却の処理"))
    assert client.post(f"/console/lending/{stick.stick}/lend", {"user": "suzuki", "due": "x"}).status_code == 422


def test_what_is_overdue_is_told_of_once(town: Town, client: Client) -> None:
    """The contact gets one mail, the start page and the ledger show it; the stick itself goes on by default."""
    contact = account(town.organisation, Role.CONTACT, [Department.objects.get(pk=town.department)])
    contact.mail = "contact@example.jp"
    contact.save()
    stick = town.add_stick("総務7")
    town.add_user("tanaka")
    lend(client, town, stick)
    assert reminders.round_of(town.organisation) == 0
    overdue(stick)
    assert reminders.round_of(town.organisation) == 1
    assert reminders.round_of(town.organisation) == 0
    (sent,) = mail.outbox
    assert sent.to == ["contact@example.jp"]
    assert "総務7" in sent.subject
    assert "https://" in sent.body
    assert re.search(r"\d{4}-\d\d-\d\d", sent.body)
    assert Reminder.objects.get(loan__stick=stick.stick).mails == 1
    assert "総務7" in client.get("/console/lending?where=overdue").content.decode()
    assert "where=overdue" in client.get("/console/").content.decode()
    assert town.row(stick).state == "active"


def test_what_is_overdue_is_suspended_where_the_settings_say_so(town: Town, client: Client) -> None:
    """The profile decides; the stop is one like any other, by the system."""
    profile = town.profile
    profile.settings = {**profile.settings, "overdue_suspends": True}
    profile.save()
    stick = town.add_stick()
    town.add_user("tanaka")
    lend(client, town, stick)
    overdue(stick)
    reminders.round_of(town.organisation)
    assert town.row(stick).state == "suspended"


def test_a_lost_stick_stops_at_once_and_says_what_to_do(town: Town, client: Client) -> None:
    """Two presses from its page: the session ends, the stick is refused, the loss is noted once (F01, R24)."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    assert "btn-danger" in client.get(f"/console/lending/{stick.stick}/lost").content.decode()
    for _ in range(2):
        page = client.post(f"/console/lending/{stick.stick}/lost").content.decode()
        assert "次にすること" in page
    assert town.session(session).reason == "suspended"
    assert town.row(stick).state == "suspended"
    assert LostStick.objects.filter(stick=stick.stick, found_ms=None).count() == 1
    assert town.acts().count("lost") == 1


def test_today_finds_its_sessions(town: Town, client: Client) -> None:
    """The start page searches, narrows to a department, and groups."""
    town.ready().sign_in("tanaka")
    town.ready("suzuki").sign_in("suzuki")
    shown = client.get("/console/rows?q=suzu").content.decode()
    assert "PC-suzuki" in shown
    assert "PC-tanaka" not in shown
    assert "PC-suzuki" not in client.get("/console/rows?department=nowhere").content.decode()
    assert 'class="group-row"' in client.get("/console/rows?group=1").content.decode()
