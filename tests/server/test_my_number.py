"""R10: a PC of the My Number zone is never a target, whichever row or file says it, until two people let it leave."""

from http import HTTPStatus
from typing import Any, Final

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError
from django.test import Client
from playwright.sync_api import Browser

from hanare_core.problems import Code
from hanare_server.access.models import Session
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.console.roles import Role
from hanare_server.directory.models import OfficePC
from tests.keyd.office import code_of
from tests.server.accounts import account, browser
from tests.server.browsing import LOOKED_AT_ONCE, Visitor
from tests.server.town import FINGERPRINT, Town, command

PAGES: Final = "/console/directory/office-pcs"
ADDRESS: Final = "10.1.9.9"
NOBODYS: Final = "マイナンバー利用事務系のPCに利用者は設定できません"
STAYS: Final = "ゾーンとアドレスは変更できません"
CLOSED: Final = "このアドレスはマイナンバー利用事務系のPCのものです"


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


@pytest.fixture
def kept(town: Town) -> OfficePC:
    """Give a PC of the zone, and a user who has no PC."""
    town.add_user("tanaka", office_pc=False)
    values = {"kind": "windows", "address": ADDRESS, "port": 3389, "fingerprint": FINGERPRINT, "zone": "mynumber"}
    return OfficePC.objects.create(id=f"{town.id}-kept", organisation=town.organisation, name="PC-住基", **values)


def send(client: Client, row: OfficePC | None, **changes: str) -> Any:
    """Save the form, as it stands but for these changes."""
    sent = {"name": "PC", "user": "", "kind": "windows", "address": ADDRESS, "port": "3389", "zone": "internal"}
    sent |= {"fingerprint": FINGERPRINT}
    address = f"{PAGES}/new"
    if row is not None:
        address = f"{PAGES}/{row.pk}/edit"
        form = client.get(address).context["form"]
        sent |= {"name": row.name, "zone": row.zone, "seen": form["seen"].value()}
    return client.post(address, {**sent, **changes})


def by_csv(client: Client, *rows: str) -> Any:
    """Send a file of office PCs."""
    lines = ["office pc,sign-in name,address,fingerprint,zone", *rows, ""]
    file = SimpleUploadedFile("things.csv", "\r\n".join(lines).encode())
    return client.post(f"{PAGES}/import", {"file": file})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zone": "internal", "user": "tanaka"}, STAYS),
        ({"zone": "internal"}, STAYS),
        ({"address": "10.1.9.10"}, STAYS),
        ({"user": "tanaka"}, NOBODYS),
    ],
)
def test_one_operator_cannot_free_it(
    town: Town, client: Client, kept: OfficePC, changes: dict[str, str], sentence: str
) -> None:
    """Zone and address stay and it is given to nobody: the form says so beside the field and keeps what was typed."""
    answer = send(client, kept, name="書き直した名前", **changes)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in answer.content.decode()
    assert "書き直した名前" in answer.content.decode()
    row = OfficePC.objects.get(pk=kept.pk)
    assert (row.zone, row.address, row.user, row.name) == ("mynumber", ADDRESS, None, "PC-住基")
    assert "changed" not in town.acts()


def test_its_name_may_change(client: Client, kept: OfficePC) -> None:
    """What reaches nothing is changed by one person as ever."""
    assert send(client, kept, name="PC-住基2").status_code == HTTPStatus.FOUND
    assert OfficePC.objects.get(pk=kept.pk).name == "PC-住基2"


@pytest.mark.parametrize("port", ["3389", "3390"])
def test_no_second_row_has_its_address(town: Town, client: Client, kept: OfficePC, port: str) -> None:
    """A new row with the address is refused on every port, and so is the command."""
    answer = send(client, None, user="tanaka", port=port)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert CLOSED in answer.content.decode()
    assert list(OfficePC.objects.filter(organisation=town.id)) == [kept]
    user = town.add_user("mori", office_pc=False)
    with pytest.raises(CommandError):
        command(
            "add_office_pc",
            organisation=town.id,
            user=user.pk,
            name="PC",
            kind="windows",
            address=ADDRESS,
            fingerprint=FINGERPRINT,
        )


def test_a_new_one_belongs_to_nobody(town: Town, client: Client, kept: OfficePC) -> None:
    """The form refuses a new row of the zone with a user, beside the field."""
    answer = send(client, None, user="tanaka", zone="mynumber", address="10.1.9.10")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert NOBODYS in answer.content.decode()
    assert list(OfficePC.objects.filter(organisation=town.id)) == [kept]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (f"PC-住基,tanaka,{ADDRESS},{FINGERPRINT},internal", STAYS),
        (f"PC-住基,,{ADDRESS},{FINGERPRINT},internal", STAYS),
        (f"PC-住基,,10.1.9.10,{FINGERPRINT},mynumber", STAYS),
        (f"PC-住基,tanaka,{ADDRESS},{FINGERPRINT},mynumber", NOBODYS),
        (f"PC-2,tanaka,{ADDRESS},{FINGERPRINT},internal", CLOSED),
        (f"PC-2,,10.1.9.8,{FINGERPRINT},mynumber\r\nPC-3,tanaka,10.1.9.8,{FINGERPRINT},internal", CLOSED),
    ],
)
def test_no_file_frees_it(town: Town, client: Client, kept: OfficePC, row: str, sentence: str) -> None:
    """CSV refuses the same, with the row's line, and writes nothing."""
    answer = by_csv(client, row)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in answer.content.decode()
    assert list(OfficePC.objects.filter(organisation=town.id)) == [kept]


def test_the_decision_closes_the_address_whichever_row_says_it(town: Town) -> None:
    """A user whose PC's address a row of the zone has gets no session, even where no form was asked."""
    stick = town.ready()
    own = OfficePC.objects.get(organisation=town.id)
    OfficePC.objects.create(
        id=f"{town.id}-kept", organisation=town.organisation, name="PC-住基", address=own.address, zone="mynumber"
    )
    assert code_of(lambda: stick.sign_in("tanaka")) is Code.WRONG_ZONE
    assert not Session.objects.filter(organisation=town.id).exists()


def test_two_people_let_it_leave(town: Town, client: Client, kept: OfficePC) -> None:
    """The request changes nothing and its asker cannot approve it; the second person does, then a user gets it."""
    second = account(town.organisation, Role.ADMINISTRATOR)
    address = f"{PAGES}/{kept.pk}/leave-my-number"
    assert client.post(address, {"zone": "mynumber"}).status_code == HTTPStatus.BAD_REQUEST
    assert client.post(address, {"zone": "internal", "reason": "庁内系へ移設"}).status_code == HTTPStatus.FOUND
    (asked,) = Request.objects.filter(organisation=town.id)
    assert code_of(lambda: requests.approve(asked.requester, asked.pk, asked.payload_hash)) is Code.NOT_PERMITTED
    assert OfficePC.objects.get(pk=kept.pk).zone == "mynumber"
    requests.approve(second, asked.pk, asked.payload_hash)
    assert town.acts()[-2:] == ["approved", "changed"]
    assert client.post(address, {"zone": "internal"}).status_code == HTTPStatus.CONFLICT
    row = OfficePC.objects.get(pk=kept.pk)
    assert (row.zone, row.user) == ("internal", None)
    assert send(client, row, user="tanaka").status_code == HTTPStatus.FOUND


def test_a_request_does_not_outlive_a_change(town: Town, kept: OfficePC) -> None:
    """What two people looked at is what leaves: a PC that was changed meanwhile stays."""
    asker, second = (account(town.organisation, Role.ADMINISTRATOR) for _ in range(2))
    asked = requests.ask(asker, Loosening.LEAVE_MY_NUMBER, {"office_pc": kept.pk, "zone": "internal"})
    OfficePC.objects.filter(pk=kept.pk).update(port=3390)
    assert code_of(lambda: requests.approve(second, asked.pk, asked.payload_hash)) is Code.CONFLICT
    assert OfficePC.objects.get(pk=kept.pk).zone == "mynumber"


@LOOKED_AT_ONCE
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_in_a_browser(town: Town, kept: OfficePC, chrome: Browser, address: str, language: str) -> None:
    """The PC, the page that asks, and the request obey the CSP, pass axe and fit the screen, in both languages."""
    asker = account(town.organisation, Role.OPERATOR)
    asked = requests.ask(asker, Loosening.LEAVE_MY_NUMBER, {"office_pc": kept.pk, "zone": "lgwan"}, "移設のため")
    visitor = Visitor(chrome, address, town.administrator, language)
    visitor.look(f"{PAGES}/{kept.pk}", "office-pc-my-number")
    visitor.look(f"{PAGES}/{kept.pk}/leave-my-number", "leave-my-number")
    visitor.look(f"/console/approvals/{asked.pk}", "approval-leave-my-number")
    visitor.close()
