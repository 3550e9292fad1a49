"""The office's own directory against a real OpenLDAP server: sign-in, users with preview, and what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from hanare_core.problems import Code
from hanare_server.config import Directory
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, User
from hanare_server.ldap_directory import client as ldap_client
from hanare_server.ldap_directory.client import UnavailableError
from tests.server.accounts import account, browser, fresh_code, send_code, send_password, sign_in
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.ldap_server import BASE, READER, SLAPD, LdapServer, certificates
from tests.server.test_api import Program, refused
from tests.server.test_api_jobs import worked_off
from tests.server.town import PASSWORD, Town

pytestmark = pytest.mark.skipif(not SLAPD.exists(), reason="apt-get install slapd")

SECRET = "another password, of the directory"
PEOPLE = [
    ("sato", "佐藤 花子", "総務課", SECRET),
    ("yoshida", "𠮷田 光", "総務課", "x"),
    ("star*", "星", "総務課", SECRET),
    *((f"u{number}", f"利用者{number}", "総務課", "x") for number in range(600)),
]
"""More than one page of answers."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LdapServer]:
    """Run the office's directory."""
    made = LdapServer(tmp_path_factory.mktemp("ldap"))
    made.fill(PEOPLE)
    with made.running():
        yield made


@pytest.fixture
def directory(town: Town, server: LdapServer, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """Set the directory up for this town, by ldaps."""
    made = Directory(
        id=town.id,
        name="市のディレクトリ",
        organisation=town.id,
        url=server.ldaps,
        ca_file=str(server.ca_file),
        bind_dn=READER,
        secret_file=str(server.secret_file),
        base=BASE,
        user_filter="(objectClass=inetOrgPerson)",
        name_attribute="uid",
        department_attribute="ou",
    )
    use(made, monkeypatch)
    return made


def use(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server know this directory."""
    monkeypatch.setattr(settings, "HANARE", msgspec.structs.replace(settings.HANARE, directories=(directory,)))


def link(client: Client, name: str = "sato", password: str = SECRET) -> Any:
    """Link an entry to one's own account."""
    return client.post("/console/account/directory", {"name": name, "password": password})


def linked(who: Administrator) -> SocialAccount:
    """Return the link of `sato` to an account, as its owner makes it."""
    (directory,) = settings.HANARE.directories
    entry = ldap_client.proven(directory, "sato", SECRET)
    assert entry is not None
    made = SocialAccount(user=who, provider=f"ldap-{directory.id}", uid=entry.uid, extra_data={"name": "sato"})
    made.save()
    return made


@pytest.mark.parametrize("way", ["ldaps", "ldap"])
def test_a_password_is_proven_over_tls(directory: Directory, server: LdapServer, way: str) -> None:
    """By ldaps and StartTLS the right password is theirs; a wrong, an empty one and a stranger's are nobody's."""
    asked = msgspec.structs.replace(directory, url=getattr(server, way))
    entry = ldap_client.proven(asked, "sato", SECRET)
    assert entry is not None
    assert (entry.name, entry.full_name, entry.department) == ("sato", "佐藤 花子", "総務課")
    for name, password in (("sato", "wrong"), ("sato", ""), ("nobody", SECRET), ("", SECRET), ("sa*", SECRET)):
        assert ldap_client.proven(asked, name, password) is None
    assert ldap_client.proven(asked, "star*", SECRET) is not None


def test_a_directory_that_is_not_itself_is_not_believed(
    directory: Directory, server: LdapServer, tmp_path: Path
) -> None:
    """Another CA, a wrong bind, a port where nobody listens, a missing secret's word: away, and never a yes."""
    certificates(tmp_path)
    (tmp_path / "wrong").write_text("wrong\n")
    for change in (
        {"ca_file": str(tmp_path / "ca.pem")},
        {"url": server.ldap, "ca_file": str(tmp_path / "ca.pem")},
        {"secret_file": str(tmp_path / "wrong")},
        {"url": "ldaps://127.0.0.1:1"},
    ):
        with pytest.raises(UnavailableError) as error:
            ldap_client.proven(msgspec.structs.replace(directory, **change), "sato", SECRET)
        assert SECRET not in str(error.value)
        assert "wrong" not in str(error.value)


def test_a_linked_administrator_signs_in_with_both_factors(town: Town, directory: Directory) -> None:
    """The directory's password alone opens nothing: the own second factor follows; the own password still works."""
    del directory
    linked(town.administrator)
    client = Client()
    answer = send_password(client, town, SECRET, login="sato")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/sign-in/factor")
    assert client.get("/console/").status_code == 302
    assert send_code(client, town, fresh_code()).headers["Location"] == "/console/"
    assert client.get("/console/").status_code == 200
    assert send_password(Client(), town, PASSWORD).status_code == 302


def test_nobody_is_found_by_name(town: Town, directory: Directory) -> None:
    """An entry that nobody has linked opens nothing, even where an account has the same name; nor a wrong password."""
    del directory
    Administrator.objects.filter(pk=town.administrator.pk).update(name=f"sato-{town.id}")
    assert send_password(Client(), town, SECRET, login="sato").status_code == 200
    linked_to = account(town.organisation, Role.VIEWER)
    SocialAccount.objects.create(user=linked_to, provider=f"ldap-{town.id}", uid="00", extra_data={"name": "sato"})
    assert send_password(Client(), town, SECRET, login="sato").status_code == 200
    assert send_password(Client(), town, "wrong", login="sato").status_code == 200


def test_a_closed_account_stays_closed(town: Town, directory: Directory) -> None:
    """The directory's yes does not open an account that was closed here."""
    del directory
    linked(town.administrator)
    Administrator.objects.filter(pk=town.administrator.pk).update(is_active=False)
    assert send_password(Client(), town, SECRET, login="sato").status_code == 200


def test_linking_asks_for_a_fresh_proof_and_the_right_password(town: Town, directory: Directory) -> None:
    """Without a fresh sign-in one is led to prove oneself; a wrong password and somebody else's entry are refused."""
    del directory
    assert "account/again" in link(browser(town.administrator)).headers["Location"]
    client = Client()
    send_password(client, town)
    send_code(client, town, fresh_code())
    assert link(client, password="wrong").status_code == 422
    assert link(client, password="").status_code == 422
    others = linked(account(town.organisation, Role.VIEWER))
    assert link(client).status_code == 422
    others.delete()
    assert link(client).status_code == 302
    assert town.acts()[-1] == "identity-linked"


def test_users_come_with_a_preview(town: Town, directory: Directory) -> None:
    """Everybody of several pages is shown first and then taken over; who is not in the directory is named and stays."""
    del directory
    town.add_user("tanaka", full_name="田中")
    client = browser(account(town.organisation, Role.OPERATOR))
    assert "ディレクトリを読む" in client.get("/console/directory/users").content.decode()
    page = client.post("/console/directory/users/sync").content.decode()
    assert f"追加{len(PEOPLE)}件" in page
    assert "佐藤 花子" in page
    assert "田中" in page.partition("ディレクトリにいない利用者")[2]
    fields = dict(re.findall(r'name="(packed|shown)" value="([^"]*)"', page))
    answer = client.post("/console/directory/users/import", {**fields, "confirmed": "1"})
    assert answer.headers["Location"].startswith("/console/jobs/")
    assert User.objects.filter(organisation=town.id).count() == 1


def test_a_directory_that_is_away_is_said(town: Town, directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No 500, nothing changed: a sentence; sign-in with the directory's password is refused like a wrong one."""
    linked(town.administrator)
    use(msgspec.structs.replace(directory, url="ldaps://127.0.0.1:1"), monkeypatch)
    client = browser(account(town.organisation, Role.OPERATOR))
    answer = client.post("/console/directory/users/sync")
    assert answer.status_code == 502
    assert "応答しません" in answer.content.decode()
    assert send_password(Client(), town, SECRET, login="sato").status_code == 200


@pytest.mark.usefixtures("patient")
def test_users_come_by_a_script(town: Town, directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is told what would change and who is absent, and has it done as shown; away is a code of its own."""
    department = Department.objects.get(pk=town.department)
    department.name = "総務課"
    department.save()
    town.add_user("tanaka", office_pc=False)
    program = Program(town.administrator)
    preview = program.post("/directory/preview").json()
    assert (preview["added"], preview["faulty"], preview["absent"]) == (len(PEOPLE), 0, ["tanaka"])
    job = program.post("/directory/sync", {"shown": preview["shown"]}).json()
    done = worked_off(program, job["id"])
    assert (done["state"], done["result"]) == ("done", {"added": len(PEOPLE), "changed": 0})
    assert town.user("yoshida").full_name == "𠮷田 光"
    use(msgspec.structs.replace(directory, url="ldaps://127.0.0.1:1"), monkeypatch)
    assert refused(program.post("/directory/preview")) == (503, Code.DIRECTORY_UNREACHABLE)
    assert refused(program.post("/directory/sync", {"shown": preview["shown"]})) == (503, Code.DIRECTORY_UNREACHABLE)


def test_an_organisation_without_a_directory_has_no_such_page(town: Town) -> None:
    """Without settings there is neither button nor page."""
    client = browser(town.administrator)
    assert "ディレクトリを読む" not in client.get("/console/directory/users").content.decode()
    assert client.get("/console/directory/users/sync").status_code == 404
    assert client.get("/console/account/directory").status_code == 404
    assert refused(Program(town.administrator).post("/directory/preview")) == (404, Code.NOT_FOUND)


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, directory: Directory, chrome: Browser, language: str) -> None:
    """Linking one's own account, what is linked, and the preview of users."""
    del directory
    town.add_user("tanaka", full_name="田中")
    client = Client(headers={"Accept-Language": language})
    sign_in(client, town)
    visitor = Visitor(chrome, "https://testserver", town.administrator, language)
    visitor.show(client.get("/console/account/directory"), "directory-link")
    visitor.show(link(client, password="wrong"), "directory-link-wrong")
    assert link(client).status_code == 302
    visitor.show(client.get("/console/account"), "directory-linked")
    visitor.show(client.post("/console/directory/users/sync"), "directory-preview")
    visitor.close()
    assert visitor.faults == []
