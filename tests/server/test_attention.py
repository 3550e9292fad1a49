"""What needs attention today: each line counts what is there, leads to it, and is not drawn for nothing."""

from typing import Any

from django.db import connection

from hanare_server.access.act import act
from hanare_server.audit.log import SYSTEM, Act, Thing
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.console import attention
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Loan, Profile, Stick
from tests.server.accounts import account, browser
from tests.server.town import Town


def matters(town: Town) -> dict[str, int]:
    """Return the lines by the last part of where they lead."""
    return {one.address.rpartition("?")[2]: one.number for one in attention.of(town.administrator)}


def test_a_quiet_day_has_no_lines(town: Town) -> None:
    """A stick that is well is no matter, and there is nothing to read."""
    town.add_stick()
    assert matters(town) == {}


def test_each_matter_is_counted_and_leads_to_it(town: Town, django_assert_num_queries: Any) -> None:
    """Overdue, quarantined, locked, repeated failures, old images: the page behind each shows just these."""
    user = town.add_user("tanaka")
    sticks = [town.row(town.add_stick(label)) for label in ("well", "overdue", "twin", "locked", "old")]
    for stick in sticks[:4]:
        Stick.objects.filter(pk=stick.pk).update(image=7)
    Loan.objects.create(
        id=f"loa-{town.id}", organisation=town.organisation, stick=sticks[1], user=user, since_ms=1, due_ms=2
    )
    Stick.objects.filter(pk=sticks[2].pk).update(state="quarantined")
    Stick.objects.filter(pk=sticks[3].pk).update(state="locked")
    town.set_fields(image_floor=7)
    for _ in range(attention.FAILURES):
        with act(town.id, SYSTEM) as opened:
            opened.write(Act.SIGN_IN_REFUSED, Thing("user", user.pk), {"reason": "out-of-hours"})
    reader = town.administrator
    assert reader.here.pk == town.id  # read before the queries are counted
    with django_assert_num_queries(3, connection=connection):
        found = attention.of(reader)
    assert len(found) == 5
    expected = {"where=overdue": 1, "state=quarantined": 1, "state=locked": 1, "act=sign-in-refused": 1, "image=old": 1}
    assert matters(town) == expected
    client = browser(town.administrator)
    for one, label in zip(found, ("overdue", "twin", "locked", "tanaka", "old"), strict=True):
        page = client.get(one.address).content.decode()
        assert label in page
        assert "well" not in page.partition("<tbody")[2]


def test_a_department_floor_goes_before_the_organisation_s(town: Town) -> None:
    """The nearest profile wins, also where it allows older images than the organisation does."""
    stick = town.row(town.add_stick())
    town.set_fields(image_floor=7)
    lax = Profile.objects.create(
        id=f"prf-{town.id}", organisation=town.organisation, name="緩い", settings={"image_floor": 0}
    )
    assert matters(town) == {"image=old": 1}
    Department.objects.filter(pk=stick.department_id).update(profile=lax)
    assert matters(town) == {}


def test_failures_of_yesterday_are_over(town: Town, monkeypatch: Any) -> None:
    """A day later nobody is asked about them; a contact, who reads no log, is never told."""
    for _ in range(attention.FAILURES):
        with act(town.id, SYSTEM) as opened:
            opened.write(Act.SIGN_IN_REFUSED, Thing("user", "usr-1"))
    assert matters(town) == {"act=sign-in-refused": 1}
    assert attention.of(account(town.organisation, Role.CONTACT)) == []
    later = now_ms() + DAY_MS
    monkeypatch.setattr(attention, "now_ms", lambda: later)
    assert matters(town) == {}
