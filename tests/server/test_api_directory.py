"""The API's writing half and its reports: things added and changed, settings, hours, usage, refusals explained."""

from datetime import timedelta
from typing import Any, Final

import pytest

from hanare_core.problems import Code
from hanare_server.access.models import Session
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import OfficePC
from hanare_server.lending.days import today_of
from hanare_server.lending.models import LostStick
from tests.server.test_api import Program, refused
from tests.server.town import FINGERPRINT, Town

PC: Final = {"name": "PC 1", "address": "10.9.8.7", "fingerprint": FINGERPRINT}

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def program(town: Town) -> Program:
    """Give a program that may everything."""
    return Program(town.administrator)


def last_detail(town: Town) -> dict[str, Any]:
    """Return what the newest audit row says."""
    detail: dict[str, Any] = AuditRow.objects.filter(organisation=town.id).latest("number").detail
    return detail


def test_a_new_employee_by_a_script(town: Town, program: Program) -> None:
    """Department, user and office PC are added; each is in the lists and in the log as the console would write it."""
    department = program.post("/departments", {"name": "税務課"}).json()
    body = {"name": "Yoshida", "full_name": "𠮷田 光", "department": department["id"], "permitted_until": "2099-03-31"}
    user = program.post("/users", body).json()
    assert (user["name"], user["full_name"], user["has_pin"]) == ("Yoshida", "𠮷田 光", False)
    assert user["permitted_until_ms"] == 4_078_652_400_000  # 2099-04-01 00:00 in Japan
    made = program.post("/office-pcs", {**PC, "user": user["id"]}).json()
    assert (made["user"], made["port"], made["kind"], made["zone"]) == (user["id"], 3389, "windows", "internal")
    assert program.get("/users", department=department["id"]).json()["rows"] == [user]
    assert town.acts()[-3:] == ["added", "added", "added"]


def test_only_what_is_named_changes(town: Town, program: Program) -> None:
    """A patch moves a user and leaves the rest; the log says from what to what; nothing is sent twice for nothing."""
    user, stick = town.add_user("tanaka", full_name="田中"), town.add_stick()
    department = program.post("/departments", {"name": "税務課"}).json()["id"]
    moved = program.patch(f"/users/{user.pk}", {"department": department}).json()
    assert (moved["name"], moved["full_name"], moved["department"]) == ("tanaka", "田中", department)
    assert set(last_detail(town)) == {"department"}
    assert program.patch(f"/users/{user.pk}", {"permitted_until": "2099-03-31"}).json()["permitted_until_ms"]
    assert program.patch(f"/users/{user.pk}", {"permitted_until": None}).json()["permitted_until_ms"] is None
    shared = program.patch(f"/sticks/{stick.stick}", {"label": "税務1", "department": department}).json()
    assert (shared["label"], shared["department"]) == ("税務1", department)
    assert program.patch(f"/sticks/{stick.stick}", {"department": None}).json()["department"] is None
    assert program.patch(f"/departments/{department}", {"name": "市民税課"}).json()["name"] == "市民税課"
    pc = OfficePC.objects.get(user=user)
    assert program.patch(f"/office-pcs/{pc.pk}", {"user": None}).json()["user"] is None
    assert program.patch(f"/office-pcs/{pc.pk}", {"user": user.pk}).json()["user"] == user.pk


def test_a_moved_user_is_out(town: Town, program: Program) -> None:
    """What the console's form takes away ends by a program's change as well."""
    opened = town.ready().sign_in("tanaka")
    department = program.post("/departments", {"name": "税務課"}).json()["id"]
    program.patch(f"/users/{town.user('tanaka').pk}", {"department": department})
    assert town.session(opened.session).state == Session.State.ENDED


def test_what_the_form_refuses_is_told_where(town: Town, program: Program) -> None:
    """A taken name, a second PC, the My Number zone, characters of no name, fields that do not exist."""
    user = town.add_user("tanaka")
    person = {"name": "x", "department": town.department}
    assert refused(program.post("/users", {**person, "name": "ＴＡＮＡＫＡ"})) == (409, Code.CONFLICT)
    assert refused(program.post("/office-pcs", {**PC, "user": user.pk})) == (409, Code.CONFLICT)
    never = program.post("/office-pcs", {**PC, "user": town.add_user("sato", office_pc=False).pk, "zone": "mynumber"})
    assert (refused(never), never.json()["detail"]) == ((403, Code.NOT_PERMITTED), {"path": "body.user"})
    for name, said in (("a\u0007", "body.name"), (" ", "body.name"), ("", "body.name"), ("x" * 65, "body.name")):
        answer = program.post("/users", {**person, "name": name})
        assert (refused(answer), answer.json()["detail"]) == ((400, Code.MALFORMED), {"path": said})
    assert refused(program.post("/departments", {"name": "a\u0007"})) == (400, Code.MALFORMED)
    assert refused(program.post("/users", {**person, "state": "active"})) == (400, Code.MALFORMED)
    assert refused(program.post("/users", {**person, "department": "nowhere"})) == (404, Code.NOT_FOUND)
    assert refused(program.patch(f"/users/{user.pk}", {"name": None})) == (400, Code.MALFORMED)
    assert refused(program.post("/office-pcs", {**PC, "address": "10.0.0.256"})) == (400, Code.MALFORMED)


def test_settings_are_changed_and_loosening_waits(town: Town, program: Program) -> None:
    """What tightens holds at once, what loosens waits for a second person, and an old version is refused."""
    user, profile = town.add_user("tanaka"), town.profile
    (row,) = [one for one in program.get("/profiles").json()["rows"] if one["id"] == profile.pk]
    wanted = {"version": row["version"], "name": row["name"], "settings": {**row["settings"], "idle_end_minutes": 10}}
    saved = program.put(f"/profiles/{profile.pk}", wanted)
    assert (saved.status_code, saved.json()["version"]) == (200, row["version"] + 1)
    held = {one["field"]: one for one in program.get(f"/users/{user.pk}/settings").json()["settings"]}
    assert held["idle_end_minutes"] == {
        "field": "idle_end_minutes",
        "value": 10,
        "level": "organisation",
        "profile": profile.name,
    }
    assert refused(program.put(f"/profiles/{profile.pk}", wanted)) == (409, Code.CONFLICT)
    looser = {**wanted, "version": row["version"] + 1, "settings": row["settings"], "reason": "繁忙期"}
    answer = program.put(f"/profiles/{profile.pk}", looser)
    assert (answer.status_code, answer.json()) == (202, {"state": "waiting"})
    (asked,) = program.get("/approvals").json()["rows"]
    assert (asked["act"], asked["state"], asked["reason"]) == ("change-profile", "waiting", "繁忙期")
    faulty = {**looser, "settings": {"idle_end_minutes": "soon"}}
    assert refused(program.put(f"/profiles/{profile.pk}", faulty)) == (400, Code.MALFORMED)


def test_a_refusal_is_explained(town: Town, program: Program) -> None:
    """Every reason of the decision with its code, in the language that the program asks for."""
    user, stick = town.add_user("tanaka", office_pc=False), town.add_stick()
    found = program.get(f"/users/{user.pk}/explanation", stick=stick.stick).json()
    assert found["stick"] == stick.stick
    assert Code.NO_OFFICE_PC in {reason["code"] for reason in found["reasons"]}
    assert all(reason["title"] and reason["next"] for reason in found["reasons"])
    assert refused(program.get(f"/users/{user.pk}/explanation", stick="nobody")) == (404, Code.NOT_FOUND)
    assert refused(program.get(f"/users/{user.pk}/explanation", at_ms=2**53)) == (400, Code.MALFORMED)


def test_a_month_of_hours_and_usage(town: Town, program: Program) -> None:
    """The days are those of the console's pages; a month that does not exist is refused, an empty one is empty."""
    stick = town.ready()
    stick.sign_in("tanaka")
    user, today = town.user("tanaka"), today_of(town.organisation)
    (row,) = program.get("/hours", user=user.pk).json()["rows"]
    assert [day["day"] for day in row["days"]] == [today.isoformat()]
    assert row["days"][0]["start_ms"] <= row["days"][0]["end_ms"]
    before = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    assert program.get("/hours", month=before, department=town.department).json()["rows"][0]["days"] == []
    month = program.get("/usage").json()
    assert (month["month"], month["sessions"], month["peak"]) == (f"{today:%Y-%m}", 1, 1)
    assert month["departments"][0]["sticks"] == 1
    assert refused(program.get("/hours", month="2026-13")) == (400, Code.MALFORMED)


def test_a_lost_stick_and_a_gateway_in_maintenance(town: Town, program: Program) -> None:
    """The loss is on record, so that resuming takes two; a drained gateway takes no new session until it may again."""
    stick = town.add_stick()
    assert program.post(f"/sticks/{stick.stick}/lost").json()["state"] == "stopped"
    assert LostStick.objects.filter(stick=stick.stick, found_ms=None).exists()
    assert program.post(f"/sticks/{stick.stick}/resume").json() == {"state": "waiting"}
    first = f"{town.id}-gw0"
    assert program.post(f"/gateways/{first}/drain").json() == {"state": "draining-last"}
    town.add_gateway(1, connected=False)
    assert program.post(f"/gateways/{first}/drain").json() == {"state": "draining"}
    assert program.post(f"/gateways/{first}/undrain").json() == {"state": "active"}
