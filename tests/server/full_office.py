"""A city hall that has something of everything, under names that are hard to draw: forty characters, 𠮷-class ones."""

from datetime import timedelta
from typing import Final, NamedTuple

from hanare_server import identifiers
from hanare_server.access import standing, suspend
from hanare_server.access.act import act
from hanare_server.access.models import Session
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, MassStop
from hanare_server.audit.log import COMMAND, Actor, ActorKind
from hanare_server.clock import HOUR_MS, now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC, Stick, User
from hanare_server.helpdesk import messages
from hanare_server.jobs import asked
from hanare_server.jobs.models import Job
from hanare_server.lending import loans, reservations
from hanare_server.lending.days import today_of
from tests.server.accounts import account
from tests.server.town import Town

LONG: Final = "総合政策部デジタル行政推進室情報基盤整備担当課長付主幹付調整係第一分室南館西棟内"
"""A department's name of forty characters."""

RARE: Final = "𠮷田 髙﨑 𩸽子 光太郎左衛門尉"


class Full(NamedTuple):
    """What its pages are asked for by."""

    reader: Administrator
    user: User
    stick: Stick
    things: dict[str, str]
    """For the beginning of each address the identifier that stands behind it."""


def fill(town: Town) -> Full:
    """Fill the town; return what stands behind which address."""
    Department.objects.filter(pk=town.department).update(name=LONG)
    reader, asker = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    Administrator.objects.filter(pk=reader.pk).update(name=f"{RARE[:5]}-{town.id}")
    reader.refresh_from_db()
    user, stick = _people(town)
    copied, gone = _sticks(town)
    asked_for = _approvals(town, asker, gone)
    kept = OfficePC.objects.create(
        id=identifiers.new("opc"), organisation=town.organisation, name="住民記録 1", kind="windows",
        address="10.8.0.1", fingerprint=":".join(["ab"] * 32), zone="mynumber",
    )  # fmt: skip
    text = {"ja": "至急、情報システム担当までご連絡ください。", "en": "Please call the help desk at once."}
    message = messages.send(reader, text, Stick.objects.filter(pk=stick.pk), 8, None)
    job = asked.ask(reader, "import", "users", b"", shown="0" * 64)
    half = {"state": Job.State.RUNNING, "claim": "another", "beat_ms": now_ms() + HOUR_MS, "total": 9, "done": 4}
    Job.objects.filter(pk=job.pk).update(**half)
    stop = MassStop.objects.get(organisation=town.id)
    gateway = town.id + "-gw0"
    return Full(
        reader,
        user,
        stick,
        {
            "console/administrators/": asker.pk,
            "console/approvals/": asked_for,
            "console/approvals/original/": copied,
            "console/approvals/stop/": stop.pk,
            "console/directory/departments/": town.department,
            "console/directory/gateways/": gateway,
            "console/directory/office-pcs/": kept.pk,
            "console/directory/sticks/": stick.pk,
            "console/directory/users/": user.pk,
            "console/help/": user.pk,
            "console/hours/": user.pk,
            "console/jobs/": job.pk,
            "console/lending/": stick.pk,
            "console/messages/": message.pk,
            "console/resume/sticks/": gone,
            "console/settings/": town.profile.pk,
            "console/settings/for/user/": user.pk,
            "console/settings/of-user/": user.pk,
            "s/": stick.pk,
        },
    )


def _people(town: Town) -> tuple[User, Stick]:
    """Add people, one of whom works now and has worked, on a stick that is lent to them and reserved after that."""
    here = town.ready("tanaka")
    User.objects.filter(pk=town.user("tanaka").pk).update(full_name=RARE)
    for number in range(3):
        town.add_user(f"user{number}", full_name=f"𠮷野 {number}郎")
    user, stick = town.user("tanaka"), town.row(here)
    now = now_ms()
    Session.objects.create(
        id=identifiers.new("ses"), organisation=town.organisation, stick=stick, user=user, department=user.department,
        office_pc=user.office_pc, nonce=identifiers.new("non"), state=Session.State.ENDED, reason="ended-by-user",
        opened_ms=now - 9 * HOUR_MS, ends_ms=now, ended_ms=now - HOUR_MS,
    )  # fmt: skip
    here.sign_in("tanaka")
    today = today_of(town.organisation)
    with act(town.id, COMMAND) as opened:
        days = today + timedelta(20), today + timedelta(24)
        reservations.reserve(opened, stick, town.user("user1"), *days)
    return user, stick


def _sticks(town: Town) -> tuple[str, str]:
    """Add a stick of which a copy is about, and one that is lost."""
    copied, lost = town.add_stick("𠮷野 2"), town.add_stick("総務3")
    Stick.objects.filter(pk=copied.stick).update(state="quarantined", generation=5, stale_shown=4)
    loans.report_lost(town.id, COMMAND, town.row(lost))
    return copied.stick, lost.stick


def _approvals(town: Town, asker: Administrator, lost: str) -> str:
    """Have somebody ask to resume the lost stick, and stop many; return the request."""
    asked_for = requests.ask(asker, Loosening.RESUME, {"kind": "stick", "identifiers": [lost]}, f"{LONG}で見つかった")
    users = [town.add_user(f"many{number}", office_pc=False).pk for number in range(6)]
    suspend.suspend_many(town.id, Actor(ActorKind.ADMINISTRATOR, asker.pk), standing.Kind.USER, users)
    return asked_for.pk
