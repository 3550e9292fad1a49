"""The JSON API: endpoints × scopes from the OpenAPI document, tokens' lives, two organisations, hostile requests."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from django.test import Client

from hanare_core.problems import Code
from hanare_server.api import tokens
from hanare_server.api.demands import SCOPE
from hanare_server.api.edge import BODY_BYTES
from hanare_server.api.models import Token
from hanare_server.audit.models import AuditRow
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission, Role, may
from hanare_server.lending.days import today_of
from tests.server.accounts import account, browser
from tests.server.town import Town

ROOT: Final = "/api/v1"

pytestmark = pytest.mark.usefixtures("patient")


class Program:
    """A program with a token of these scopes."""

    def __init__(self, owner: Administrator, scopes: Iterable[Permission] | None = None) -> None:
        chosen = tokens.offered(owner) if scopes is None else list(scopes)
        self.token, self.secret = tokens.make(owner, "script", chosen, 30)
        self._client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(ROOT + path, query, headers=self.headers)

    def post(self, path: str, body: Any = None) -> Any:
        data = "" if body is None else json.dumps(body)
        return self._client.post(ROOT + path, data, content_type="application/json", headers=self.headers)

    def patch(self, path: str, body: Any) -> Any:
        return self._client.patch(ROOT + path, body, content_type="application/json", headers=self.headers)

    def put(self, path: str, body: Any) -> Any:
        return self._client.put(ROOT + path, body, content_type="application/json", headers=self.headers)

    def call(self, method: str, path: str) -> Any:
        return self._client.generic(method, ROOT + path, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@pytest.fixture
def program(town: Town) -> Program:
    """Give a program that may everything."""
    return Program(town.administrator)


def endpoints() -> Iterator[tuple[str, str, Permission]]:
    """Give method, path with its places filled, and scope of every endpoint of the OpenAPI document."""
    document = Client().get(f"{ROOT}/openapi.json").json()
    for path, operations in document["paths"].items():
        filled = path.removeprefix(ROOT).replace("{things}", "sticks").replace("{identifier}", "nobody")
        filled = filled.replace("{files}", "users")
        for method, operation in operations.items():
            yield method.upper(), filled, Permission(operation[SCOPE])


def refused(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which has nothing beside code and detail."""
    body = answer.json()
    assert set(body) == {"code", "detail"}
    return answer.status_code, body["code"]


def test_every_endpoint_demands_its_scope(town: Town) -> None:
    """Each endpoint answers 403 to a token of every other scope, 401 to none, and something else to its own."""
    owner = town.administrator
    everything, found = set(tokens.offered(owner)), list(endpoints())
    assert {permission for _, _, permission in found} == set(tokens.OFFERED)
    for method, path, permission in found:
        without = Program(owner, everything - {permission})
        only = Program(owner, [permission])
        assert refused(without.call(method, path)) == (403, Code.NOT_PERMITTED), path
        assert only.call(method, path).status_code in {200, 400, 404}, path
        assert refused(Client().generic(method, ROOT + path)) == (401, Code.NOT_AUTHENTIC), path
        Token.objects.filter(owner=owner).update(revoked_ms=1)


@pytest.mark.parametrize("role", list(Role))
def test_a_token_may_no_more_than_its_owner(town: Town, role: Role) -> None:
    """A role can give no scope away that it lacks, and a token with such a scope in its row opens nothing."""
    owner = account(town.organisation, role)
    program = Program(owner)
    Token.objects.filter(pk=program.token.pk).update(scopes=[one.value for one in tokens.OFFERED])
    for method, path, permission in endpoints():
        assert (program.call(method, path).status_code != 403) == may(role, permission), path


def test_the_console_cookie_opens_nothing(town: Town) -> None:
    """Who has only signed in to the console is a stranger to the API: no page of another site can use their session."""
    client = browser(town.administrator)
    assert refused(client.get(f"{ROOT}/users")) == (401, Code.NOT_AUTHENTIC)


def test_a_token_dies(town: Town) -> None:
    """Revoked, over, owner's role changed, sessions ended or account closed: the next request is a stranger's."""

    def dies(**change: Any) -> bool:
        owner = account(town.organisation, Role.ADMINISTRATOR)
        program = Program(owner)
        assert program.get("/users").status_code == 200
        of_owner = {name: value for name, value in change.items() if name in {"role", "sign_in_epoch", "is_active"}}
        Administrator.objects.filter(pk=owner.pk).update(**of_owner) if of_owner else None
        of_token = {name: value for name, value in change.items() if name not in of_owner}
        Token.objects.filter(pk=program.token.pk).update(**of_token) if of_token else None
        return refused(program.get("/users")) == (401, Code.NOT_AUTHENTIC)

    assert dies(revoked_ms=1)
    assert dies(expires_ms=1)
    assert dies(role=Role.OPERATOR)
    assert dies(sign_in_epoch=1)
    assert dies(is_active=False)


def test_a_token_is_made_and_revoked_on_its_page(town: Town) -> None:
    """The page shows the secret once; the row holds its digest only; both acts stand in the log; others cannot."""
    owner = account(town.organisation, Role.ADMINISTRATOR)
    client = browser(owner)
    form = {"name": "夜間の集計", "days": "30", "scopes": ["live-read", "nonsense"]}
    page = client.post("/console/tokens/", form)
    secret = page.context["made"].secret
    token = Token.objects.get(owner=owner)
    assert secret in page.content.decode()
    assert secret not in client.get("/console/tokens/").content.decode()
    assert secret not in str(Token.objects.filter(pk=token.pk).values())
    assert secret not in str(list(AuditRow.objects.filter(organisation=town.id).values()))
    asked = Client().get(f"{ROOT}/sessions", headers={"Authorization": f"Bearer {secret}"})
    assert asked.status_code == 200
    token.refresh_from_db()
    assert token.used_ms
    stranger = browser(account(town.organisation, Role.ADMINISTRATOR))
    assert stranger.post(f"/console/tokens/{token.pk}/revoke").status_code == 404
    assert client.post(f"/console/tokens/{token.pk}/revoke").status_code == 302
    assert client.post("/console/tokens/", {**form, "scopes": []}).status_code == 400
    assert client.post("/console/tokens/", {**form, "days": "366"}).status_code == 400
    acts = [act for act in town.acts() if act.startswith("api-token")]
    assert acts == ["api-token-made", "api-token-revoked"]


def test_two_organisations_do_not_see_each_other(town: Town) -> None:
    """What one organisation's program is told does not change by what another has; its things do not exist here."""
    stick = town.add_stick()
    town.add_user("tanaka")
    town.add_gateway(1, connected=False)
    other = town.elsewhere()
    stranger = Program(account(other.organisation, Role.ADMINISTRATOR))
    of_its_own = {"/audit", "/administrators", "/carrier", "/evidence", "/evidence.pdf", "/usage"}
    for method, path, _ in endpoints():
        if method == "GET" and "nobody" not in path and path not in of_its_own:
            assert stranger.get(path).json() == {"rows": [], "next": None}, path
    assert {row["object_kind"] for row in stranger.get("/audit").json()["rows"]} == {"api-token"}
    assert [row["id"] for row in stranger.get("/administrators").json()["rows"]] == [stranger.token.owner_id]
    user = town.user("tanaka")
    for path in (
        f"/sticks/{stick.stick}/suspend",
        f"/sticks/{stick.stick}/lost",
        f"/sticks/{stick.stick}/take-back",
        f"/users/{user.pk}/suspend",
        f"/gateways/{town.id}-gw1/drain",
        f"/gateways/{town.id}-gw1/undrain",
    ):
        assert refused(stranger.post(path)) == (404, Code.NOT_FOUND)
    for path in (f"/users/{user.pk}/settings", f"/users/{user.pk}/explanation"):
        assert refused(stranger.get(path)) == (404, Code.NOT_FOUND)
    for path in (f"/users/{user.pk}", f"/sticks/{stick.stick}", f"/departments/{town.department}"):
        assert refused(stranger.patch(path, {})) == (404, Code.NOT_FOUND)
    profile = {"version": 1, "name": "x", "settings": {}}
    assert refused(stranger.put(f"/profiles/{town.profile.pk}", profile)) == (404, Code.NOT_FOUND)
    assert stranger.get("/usage").json()["sessions"] == 0
    assert refused(stranger.post(f"/users/{user.pk}/one-time-code")) == (404, Code.NOT_FOUND)
    assert refused(stranger.post(f"/departments/{town.department}/suspend")) == (404, Code.NOT_FOUND)


def test_a_morning_by_a_script(town: Town, program: Program) -> None:
    """A script sees the session, stops its stick with a receipt, resumes, lends, takes back, and reads all of it."""
    stick = town.ready()
    program.post(f"/sticks/{stick.stick}/take-back")
    user = town.user("tanaka")
    opened = stick.sign_in("tanaka")
    (session,) = program.get("/sessions", stick=stick.stick).json()["rows"]
    assert (session["id"], session["user_name"]) == (opened.session, "tanaka")
    assert program.get("/sessions", stick="another").json()["rows"] == []
    stopped = program.post(f"/sticks/{stick.stick}/suspend", {"reason": "紛失の電話"}).json()
    assert (stopped["state"], len(stopped["receipts"])) == ("stopped", len(stopped["leases"]))
    assert refused(program.post(f"/sessions/{opened.session}/resume")) == (409, Code.CONFLICT)
    assert program.get("/sticks", state="suspended").json()["rows"][0]["id"] == stick.stick
    assert refused(program.post(f"/sticks/{stick.stick}/resume", {"reason": "\0"})) == (400, Code.MALFORMED)
    assert program.post(f"/sticks/{stick.stick}/resume", {"reason": "見つかった"}).json() == {"state": "active"}
    due = today_of(town.organisation) + timedelta(days=3)
    lending = {"user": user.pk, "due": due.isoformat()}
    assert program.post(f"/sticks/{stick.stick}/lend", lending).json()["user"] == user.pk
    assert refused(program.post(f"/sticks/{stick.stick}/lend", lending)) == (409, Code.CONFLICT)
    assert len(program.get("/loans", out="true").json()["rows"]) == 1
    assert program.post(f"/sticks/{stick.stick}/take-back").json() == {"state": "in-office"}
    assert program.get("/loans", out="true").json()["rows"] == []
    code = program.post(f"/users/{user.pk}/one-time-code").json()["code"]
    log = program.get("/audit", actor=town.administrator.pk).json()["rows"]
    assert [row["act"] for row in log][:6] == [
        "code-issued",
        "pin-reset",
        "taken-back",
        "lent",
        "resumed",
        "suspended",
    ]
    assert [row["detail"]["why"] for row in log[4:6]] == ["見つかった", "紛失の電話"]
    assert code not in json.dumps(log)


def test_pages_give_every_row_once(town: Town, program: Program) -> None:
    """Following `next` gives each row once, in lists and in the log, and ends."""
    names = {town.add_user(f"user{number}", office_pc=False).name for number in range(5)}
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = program.get("/users", limit=2, **after).json()
        seen += [row["name"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(seen) == sorted(names)
    newest = program.get("/audit", limit=1).json()
    older = program.get("/audit", limit=1, before=newest["next"]).json()
    assert older["rows"][0]["number"] == newest["rows"][0]["number"] - 1


def test_a_wrong_request_is_told_where(town: Town, program: Program) -> None:
    """Faults of the client get our codes with the path; never the framework's text, never a 5xx."""
    stick = town.add_stick().stick
    assert program.get("/users", limit=0).json() == {"code": "malformed", "detail": {"path": "query.limit"}}
    assert program.get("/users", after="a\0b").json()["detail"] == {"path": "query.after"}
    assert program.get("/users", departmnt="x").json()["detail"] == {"path": "query.departmnt"}
    assert program.post(f"/sticks/{stick}/lend", {"user": "u"}).json()["detail"] == {"path": "body.due"}
    assert program.post(f"/sticks/{stick}/lend", [[]]).status_code == 400
    assert refused(program.get("/nowhere")) == (404, Code.NOT_FOUND)
    assert refused(program.call("DELETE", "/users")) == (405, Code.NOT_PERMITTED)
    assert set(program.call("DELETE", "/users").headers["Allow"].split(", ")) == {"GET", "POST"}
    assert refused(program.post(f"/sticks/{stick}/lend", "x" * BODY_BYTES)) == (413, Code.TOO_LARGE)
    deep = Client().post(
        f"{ROOT}/sticks/{stick}/lend", "[" * 60_000, content_type="application/json", headers=program.headers
    )
    assert refused(deep) == (400, Code.MALFORMED)
    for secret in ("", "é", "hanare_", "x" * 5000, "a\0"):
        answer = Client().get(f"{ROOT}/users", HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert refused(answer) == (401, Code.NOT_AUTHENTIC)


def test_a_program_reserves_and_gives_free(town: Town, program: Program) -> None:
    """By the console's own functions: a day twice is a conflict, another office's stick does not exist."""
    user, stick = town.add_user("tanaka"), town.add_stick()
    first, last = (today_of(town.organisation) + timedelta(days=days) for days in (1, 3))
    body = {"user": user.pk, "first": first.isoformat(), "last": last.isoformat()}
    row = program.post(f"/sticks/{stick.stick}/reserve", body).json()
    assert (row["user"], row["first"], row["loan"]) == (user.pk, first.isoformat(), None)
    assert refused(program.post(f"/sticks/{stick.stick}/reserve", body)) == (409, Code.CONFLICT)
    assert [one["id"] for one in program.get("/reservations", stick=stick.stick).json()["rows"]] == [row["id"]]
    stranger = Program(account(town.elsewhere().organisation, Role.ADMINISTRATOR))
    assert refused(stranger.post(f"/reservations/{row['id']}/cancel")) == (404, Code.NOT_FOUND)
    assert program.post(f"/reservations/{row['id']}/cancel").json() == {"state": "cancelled"}
    assert program.post(f"/sticks/{stick.stick}/reserve", body).status_code == 200


def test_a_program_sends_a_message(town: Town, program: Program) -> None:
    """To a stick or a department; the deliveries tell how far; a text of nothing and a stick of nobody are refused."""
    stick = town.add_stick()
    sent = program.post("/messages", {"text": "至急\x07", "stick": stick.stick}).json()
    assert (
        program.post(
            "/messages", {"text": "x", "english": "urgent", "department": town.department, "hours": 24}
        ).status_code
        == 200
    )
    (delivery,) = program.get("/deliveries", message=sent["id"]).json()["rows"]
    assert (delivery["stick"], delivery["state"]) == (stick.stick, "waiting")
    assert len(program.get("/messages").json()["rows"]) == 2
    assert refused(program.get("/deliveries", after="nobody")) == (400, Code.MALFORMED)
    assert program.get("/deliveries", after=delivery["id"]).json()["rows"][0]["id"] > delivery["id"]
    assert sent["ja"] == "至急"
    assert refused(program.post("/messages", {"text": " "})) == (400, Code.MALFORMED)
    assert refused(program.post("/messages", {"text": "x", "hours": 7})) == (400, Code.MALFORMED)
    assert refused(program.post("/messages", {"text": "x", "stick": "nobody"})) == (404, Code.NOT_FOUND)


def test_a_program_lists_console_accounts(town: Town, program: Program) -> None:
    """Names, roles and whether they are open; nothing of passwords and factors."""
    rows = program.get("/administrators").json()["rows"]
    assert [(row["name"], row["role"], row["is_active"]) for row in rows] == [
        (f"admin-{town.id}", "administrator", True)
    ]
    assert set(rows[0]) == {"id", "name", "role", "is_active"}
