"""CSV of departments, sticks and office PCs: a dry run with every faulty row named, all or nothing, there and back."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, OfficePC
from tests.server.accounts import account, browser
from tests.server.town import FINGERPRINT, Town


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


def send(client: Client, kind: str, content: str) -> Any:
    """Upload a file."""
    file = SimpleUploadedFile("things.csv", content.encode("utf-8-sig"))
    return client.post(f"/console/directory/{kind}/import", {"file": file})


def confirm(client: Client, kind: str, page: Any) -> int:
    """Take over what the preview shows; return the status."""
    fields = dict(re.findall(r'name="(packed|shown)" value="([^"]*)"', page.content.decode()))
    return client.post(f"/console/directory/{kind}/import", {**fields, "confirmed": "1"}).status_code


def test_departments_are_added(town: Town, client: Client) -> None:
    """New ones come, those that are there stay, a name twice is named."""
    page = send(client, "departments", "部署\r\n総務課\r\n税務課\r\n福祉課\r\n")
    assert "追加2件" in page.content.decode()
    assert confirm(client, "departments", page) == 302
    assert set(Department.objects.filter(organisation=town.id).values_list("name", flat=True)) == {
        "総務課",
        "税務課",
        "福祉課",
    }
    again = send(client, "departments", "部署\r\n道路課\r\n道路課\r\n")
    assert (again.status_code, "3" in again.content.decode()) == (422, True)


def test_sticks_change_label_and_department(town: Town, client: Client) -> None:
    """By identifier; an unknown one is a fault, because kitting alone adds sticks; the hub hears of the change."""
    stick = town.add_stick("総務1")
    Department.objects.create(id=f"{town.id}-tax", organisation=town.organisation, name="税務課")
    before = town.row(stick).revision
    page = send(client, "sticks", f"識別子,ラベル,部署\r\n{stick.stick},税務1,税務課\r\n")
    assert confirm(client, "sticks", page) == 302
    row = town.row(stick)
    assert (row.label, row.department_id, row.revision > before) == ("税務1", f"{town.id}-tax", True)
    assert send(client, "sticks", "識別子,ラベル\r\nst-of-nobody,x\r\n").status_code == 422


def test_office_pcs_are_added_and_given_to_users(town: Town, client: Client) -> None:
    """A file with addresses, fingerprints and users; what it leaves out is kept, and the export changes nothing."""
    town.add_user("tanaka", office_pc=False)
    town.add_user("mori", office_pc=False)
    head = "業務用PC,利用者名,アドレス,証明書のフィンガープリント"
    rows = [f"PC-1,tanaka,10.1.1.1,{FINGERPRINT}", f"PC-2,,10.1.1.2,{FINGERPRINT}"]
    content = "\r\n".join([head, *rows, ""])
    assert confirm(client, "office-pcs", send(client, "office-pcs", content)) == 302
    assert confirm(client, "office-pcs", send(client, "office-pcs", "PC名,利用者名\r\nPC-2,MORI\r\n")) == 302
    rows = OfficePC.objects.filter(organisation=town.id).order_by("name")
    assert [(row.name, row.user and row.user.name, row.address, row.kind) for row in rows] == [
        ("PC-1", "tanaka", "10.1.1.1", "windows"),
        ("PC-2", "mori", "10.1.1.2", "windows"),
    ]
    exported = client.get("/console/directory/office-pcs/export").content.decode("utf-8-sig")
    assert "2件" in send(client, "office-pcs", exported).content.decode()


@pytest.mark.parametrize(
    "row",
    [
        "PC-9,tanaka,10.1.1.9,{f},lgwan",  # somebody's second PC
        "PC-9,nobody,10.1.1.9,{f},lgwan",
        "PC-9,,10.1.1.900,{f},lgwan",
        "PC-9,,10.1.1.9,ab:cd,lgwan",
        "PC-9,,10.1.1.9,{f},moon",
        "PC-9,,,{f},lgwan",
        ",,10.1.1.9,{f},lgwan",
        "PC-1,tanaka,10.1.1.9,{f},mynumber",
    ],
)
def test_a_faulty_office_pc_stops_all(town: Town, client: Client, row: str) -> None:
    """Each fault is said with its line; a PC of the My Number zone is given to nobody, by CSV neither (R10)."""
    town.add_user("tanaka")
    OfficePC.objects.filter(organisation=town.id).update(name="PC-1")
    good = f"PC-8,,10.1.1.8,{FINGERPRINT},lgwan"
    head = "業務用PC,利用者名,アドレス,証明書のフィンガープリント,ゾーン"
    page = send(client, "office-pcs", "\r\n".join([head, good, row.format(f=FINGERPRINT), ""]))
    assert (page.status_code, ">3<" in page.content.decode()) == (422, True)
    assert OfficePC.objects.filter(organisation=town.id).count() == 1


def test_a_contact_exports_the_own_department_and_imports_nothing(town: Town) -> None:
    """The row scope holds for files as for pages."""
    town.add_user("tanaka")
    stranger = browser(account(town.organisation, Role.CONTACT))
    assert "PC-tanaka" not in stranger.get("/console/directory/office-pcs/export").content.decode("utf-8-sig")
    for kind in ("departments", "users", "sticks", "office-pcs"):
        assert send(stranger, kind, "x").status_code == 403
        assert stranger.get(f"/console/directory/{kind}/export").status_code == 200
