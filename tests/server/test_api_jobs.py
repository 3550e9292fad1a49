"""The API's imports, acts on many, carrier, versions, diagnostics and evidence: each as the console's page decides."""

import base64
from typing import Any, Final

import pytest

from hanare_core.problems import Code
from hanare_server.approvals import requests
from hanare_server.approvals.models import Request
from hanare_server.console.roles import Role
from hanare_server.directory.models import User
from hanare_server.jobs import work
from tests.server.accounts import account, browser
from tests.server.test_api import Program, refused
from tests.server.test_diagnostics import FACTS, send
from tests.server.town import Town

PEOPLE: Final = "利用者名,氏名,部署\r\nsato,佐藤 花子,総務課\r\nyoshida,𠮷田 光,総務課\r\n"

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def program(town: Town) -> Program:
    """Give a program that may everything."""
    return Program(town.administrator)


def given(text: str, encoding: str = "utf-8") -> dict[str, str]:
    """Return the body that brings a file."""
    return {"file": base64.b64encode(text.encode(encoding)).decode()}


def worked_off(program: Program, job: str) -> dict[str, Any]:
    """Have the worker do what waits, of this and other tests; return the job."""
    while work.work():
        pass
    row: dict[str, Any] = program.get(f"/jobs/{job}").json()
    return row


def test_new_employees_by_a_script(town: Town, program: Program) -> None:
    """Faulty rows are named and change nothing; the preview changes nothing; the job does what it showed, once."""
    broken = PEOPLE.replace("総務課\r\nyoshida", "無い課\r\nyoshida").replace("𠮷", "吉")
    preview = program.post("/imports/users/preview", given(broken, "cp932")).json()
    assert (preview["faulty"], [fault["line"] for fault in preview["faults"]]) == (1, [2])
    department = town.organisation.department_set.get().name
    right = given(PEOPLE.replace("総務課", department))
    preview = program.post("/imports/users/preview", right).json()
    assert (preview["added"], preview["changed"], preview["faulty"]) == (2, 0, 0)
    assert {row["name"] for row in preview["rows"] if row["added"]} == {"佐藤 花子", "𠮷田 光"}
    assert not User.objects.filter(organisation=town.id).exists()
    job = program.post("/imports/users", {**right, "shown": preview["shown"]}).json()
    assert (job["state"], job["subject"]) == ("waiting", "users")
    done = worked_off(program, job["id"])
    assert (done["state"], done["result"]) == ("done", {"added": 2, "changed": 0})
    assert town.user("yoshida").full_name == "𠮷田 光"
    again = program.post("/imports/users", {**right, "shown": preview["shown"]}).json()
    assert worked_off(program, again["id"])["state"] == "refused"
    assert refused(program.post(f"/jobs/{again['id']}/cancel")) == (409, Code.CONFLICT)
    third = program.post("/imports/users", {**right, "shown": preview["shown"]}).json()
    assert program.post(f"/jobs/{third['id']}/cancel").json() == {"state": "cancelled"}
    assert {row["id"] for row in program.get("/jobs").json()["rows"]} == {job["id"], again["id"], third["id"]}


def test_what_is_no_file_is_said(program: Program) -> None:
    """Not base64, a spreadsheet, too large, another kind, nothing confirmed: named, and no job."""
    assert refused(program.post("/imports/users/preview", {"file": "===="})) == (400, Code.MALFORMED)
    assert refused(program.post("/imports/users/preview", {"file": "YQ"})) == (400, Code.MALFORMED)
    sheet = program.post("/imports/users/preview", given("PK\x03\x04sheet")).json()
    assert sheet["detail"] == {"path": "body.file", "fault": "spreadsheet", "line": "0"}
    assert refused(program.post("/imports/users/preview", given("x" * 6_000_000))) == (413, Code.TOO_LARGE)
    assert refused(program.post("/imports/gateways/preview", given(PEOPLE))) == (400, Code.MALFORMED)
    assert refused(program.post("/imports/users", given(PEOPLE))) == (400, Code.MALFORMED)
    assert program.get("/jobs").json()["rows"] == []


def test_many_at_once(town: Town, program: Program) -> None:
    """Moved, suspended and resumed all or nothing; one that does not exist stops the whole; many take two."""
    users = [town.add_user(f"user{number}", office_pc=False) for number in range(7)]
    names = [user.pk for user in users]
    department = program.post("/departments", {"name": "税務課"}).json()["id"]
    moving = {"rows": [*names, "usr-nobody"], "department": department}
    assert refused(program.post("/many/move/users", moving)) == (404, Code.NOT_FOUND)
    assert program.post("/many/move/users", {**moving, "rows": names}).json() == {"changed": 7}
    assert {user.department_id for user in User.objects.filter(organisation=town.id)} == {department}
    assert program.post("/many/move/users", {**moving, "rows": names}).json() == {"changed": 0}
    assert program.post("/many/suspend/users", {"rows": names, "reason": "退庁"}).json() == {"changed": 7}
    few = program.post("/many/resume/users", {"rows": names[:1]})
    assert (few.status_code, few.json()) == (200, {"changed": 1})
    waits = program.post("/many/resume/users", {"rows": names, "reason": "翌朝"})
    assert (waits.status_code, waits.json()) == (202, {"state": "waiting"})
    assert Request.objects.get(organisation=town.id).reason == "翌朝"
    assert User.objects.filter(organisation=town.id, state=User.State.SUSPENDED).count() == 6
    assert refused(program.post("/many/suspend/users", {"rows": []})) == (400, Code.MALFORMED)
    assert refused(program.post("/many/suspend/gateways", {"rows": names})) == (400, Code.MALFORMED)


def test_many_leave_and_come_back(town: Town, program: Program) -> None:
    """With a reason; few by one person's token, many wait for a second; who came back stands as before."""
    names = [town.add_user(f"user{number}", office_pc=False).pk for number in range(7)]
    left = program.post("/many/leave/users", {"rows": names[:2], "reason": "退職"})
    assert (left.status_code, left.json()) == (200, {"changed": 2})
    waits = program.post("/many/leave/users", {"rows": names, "reason": "退職"})
    assert (waits.status_code, waits.json()) == (202, {"state": "waiting"})
    back = program.post("/many/bring-back/users", {"rows": names[:2], "reason": "再任用"})
    assert (back.status_code, back.json()) == (200, {"changed": 2})
    assert not User.objects.filter(organisation=town.id, state=User.State.GONE).exists()
    for reason in ("", "a\0b"):
        assert refused(program.post("/many/leave/users", {"rows": names[:1], "reason": reason}))[0] == 400
    assert refused(program.post("/many/leave/users", {"rows": ["nobody"], "reason": "x"})) == (404, Code.NOT_FOUND)


def test_the_carrier_by_a_script(town: Town, program: Program) -> None:
    """Closed at once; opened when a second person has approved it; asking for what is open is a conflict."""
    assert program.get("/carrier").json() == {"state": "open"}
    assert refused(program.post("/carrier/open", {"reason": "x"})) == (409, Code.CONFLICT)
    assert program.post("/carrier/close").json() == {"state": "closed"}
    waits = program.post("/carrier/open", {"reason": "出張者のホテル"})
    assert (waits.status_code, waits.json()) == (202, {"state": "waiting"})
    assert program.get("/carrier").json() == {"state": "closed"}
    asked = Request.objects.get(organisation=town.id)
    requests.approve(account(town.organisation, Role.ADMINISTRATOR), asked.pk, asked.payload_hash)
    assert program.get("/carrier").json() == {"state": "open"}


def test_an_older_version_by_a_script(town: Town, program: Program) -> None:
    """What tightens is put back at once as a new version; what loosens waits; a stale or unknown number is refused."""
    town.add_user("tanaka")
    profile = f"/profiles/{town.profile.pk}"
    for minutes in (5, 3):
        wanted = {"version": town.profile.version, "name": "標準", "settings": {"idle_lock_minutes": minutes}}
        assert program.put(profile, wanted).status_code == 200
    newest, older = (row["number"] for row in program.get(f"{profile}/versions").json()["versions"][:2])
    back = {"version": newest, "number": older}
    loosening = program.post(f"{profile}/put-back", {**back, "reason": "会議が長い"})
    assert (loosening.status_code, loosening.json()) == (202, {"state": "waiting"})
    assert town.profile.version == newest
    asked = Request.objects.get(organisation=town.id)
    requests.approve(account(town.organisation, Role.ADMINISTRATOR), asked.pk, asked.payload_hash)
    put_back = program.get(f"{profile}/versions").json()["versions"][0]
    assert (put_back["settings"], put_back["put_back"]) == ({"idle_lock_minutes": 5}, older)
    tightening = program.post(f"{profile}/put-back", {"version": newest + 1, "number": newest})
    assert (tightening.status_code, tightening.json()["settings"]) == (200, {"idle_lock_minutes": 3})
    assert refused(program.post(f"{profile}/put-back", {**back, "version": 1})) == (409, Code.CONFLICT)
    assert refused(program.post(f"{profile}/put-back", {**back, "number": 999})) == (404, Code.NOT_FOUND)


def test_diagnostics_by_a_script(town: Town, program: Program) -> None:
    """Asked for, and read when the person has agreed; nothing before; another organisation's program gets nothing."""
    stick = town.add_stick()
    message = program.post(f"/sticks/{stick.stick}/diagnostics").json()["id"]
    assert refused(program.get(f"/messages/{message}/diagnostics")) == (404, Code.NOT_FOUND)
    send(stick, message)
    assert program.get(f"/messages/{message}/diagnostics").json()["facts"] == FACTS
    stranger = Program(account(town.elsewhere().organisation, Role.ADMINISTRATOR))
    assert refused(stranger.get(f"/messages/{message}/diagnostics")) == (404, Code.NOT_FOUND)
    assert refused(stranger.post(f"/sticks/{stick.stick}/diagnostics")) == (404, Code.NOT_FOUND)


def test_the_evidence_by_a_script(town: Town, program: Program) -> None:
    """The items stand as on the page, in the language that is asked for, and the pack is a PDF."""
    items = program.get("/evidence").json()["items"]
    page = browser(town.administrator).get("/console/evidence/")
    assert [item["done"] for item in items] == [line.done for line in page.context["lines"]]
    assert {item["standing"] for item in items} <= {"built-in", "kept", "partly", "open"}
    answer = program.get("/evidence.pdf")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
