"""The settings' defaults against entries as Active Directory has them: its attributes, its DNs, its disabled accounts.

The server is OpenLDAP with Active Directory's schema for people (MS-ADA1 to 3), so what only Active Directory knows is
not seen here: the rule for nested groups (1.2.840.113556.1.4.1941), referrals at the domain's root, expired passwords.
"""

import base64
import uuid
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from hanare_server.config import Directory
from hanare_server.ldap_directory import client as ldap_client
from tests.server.ldap_server import BASE, READER, SLAPD, LdapServer

pytestmark = pytest.mark.skipif(not SLAPD.exists(), reason="apt-get install slapd")

SECRET: Final = "another password, of the directory"
ENABLED, DISABLED, NEVER_EXPIRES = 0x200, 0x202, 0x10200
"""userAccountControl: a normal account; the same with ACCOUNTDISABLE; with DONT_EXPIRE_PASSWORD (MS-ADTS 2.2.16)."""

TELEWORK: Final = f"cn=telework,{BASE}"
_STRING: Final = "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
SCHEMA: Final = f"""
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' {_STRING} SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' {_STRING} SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.141 NAME 'department' {_STRING} SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' {_STRING} SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl'
    EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID'
    EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf'
    EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL
    MAY ( sAMAccountName $ userPrincipalName $ department $ objectCategory $ userAccountControl $ objectGUID $
          memberOf $ displayName ) )
"""
SATO: Final = uuid.UUID("0f0e0d0c-0b0a-0908-0706-050403020100")


def person(account: str, shown: str, control: int, guid: uuid.UUID, *, group: str = "") -> str:
    """Return a person in LDIF; the name of the entry is the shown one with a comma, as many offices have it."""
    name = f"{shown}, {account}"
    lines = {
        "dn:": f"cn={shown}\\, {account},{BASE}",
        "cn:": name,
        "displayName:": shown,
        "department:": "総務課",
    }
    encoded = "".join(f"{key}: {base64.b64encode(text.encode()).decode()}\n" for key, text in lines.items())
    return (
        f"{encoded}objectClass: user\nobjectCategory: person\nsn: {account}\nsAMAccountName: {account}\n"
        f"userPrincipalName: {account}@city.example\nuserAccountControl: {control}\n"
        f"objectGUID:: {base64.b64encode(guid.bytes_le).decode()}\nuserPassword: {SECRET}\n"
        + (f"memberOf: {group}\n" if group else "")
        + "\n"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LdapServer]:
    """Run a directory with three people and a computer."""
    made = LdapServer(tmp_path_factory.mktemp("ad"), SCHEMA)
    computer = person("PC01$", "PC01", ENABLED, uuid.uuid4()).replace(
        "objectCategory: person", "objectCategory: computer"
    )
    made.fill_with(
        [
            person("Sato", "佐藤 花子", NEVER_EXPIRES, SATO, group=TELEWORK),
            person("yoshida", "𠮷田 光", ENABLED, uuid.uuid4()),
            person("left", "前任者", DISABLED, uuid.uuid4(), group=TELEWORK),
            computer,
        ]
    )
    with made.running():
        yield made


@pytest.fixture
def directory(server: LdapServer) -> Directory:
    """Return settings that name the server and leave everything else at its default."""
    return Directory(
        id="city",
        name="市のActive Directory",
        organisation="city",
        url=server.ldaps,
        ca_file=str(server.ca_file),
        bind_dn=READER,
        secret_file=str(server.secret_file),
        base=BASE,
    )


def test_people_who_may_work_are_read(directory: Directory) -> None:
    """Disabled accounts and computers are no users; names, departments and what never changes come as they are."""
    found = {entry.name: entry for entry in ldap_client.people(directory)}
    assert set(found) == {"Sato", "yoshida"}
    sato = found["Sato"]
    assert (sato.full_name, sato.department, sato.uid) == ("佐藤 花子", "総務課", SATO.bytes_le.hex())
    assert found["yoshida"].full_name == "𠮷田 光"


def test_a_password_is_proven_however_the_name_is_written(directory: Directory) -> None:
    """Capitals do not matter, an entry with a comma in its name is bound as itself, a wrong password is nobody's."""
    for name in ("sato", "SATO"):
        entry = ldap_client.proven(directory, name, SECRET)
        assert entry is not None
        assert entry.uid == SATO.bytes_le.hex()
    assert ldap_client.proven(directory, "sato", "wrong") is None


def test_a_disabled_account_opens_nothing(directory: Directory) -> None:
    """Not even with the right password."""
    assert ldap_client.proven(directory, "left", SECRET) is None


def test_the_principal_name_may_be_the_name(directory: Directory) -> None:
    """An office whose people know their mail address signs in by userPrincipalName."""
    by_mail = msgspec.structs.replace(directory, name_attribute="userPrincipalName")
    entry = ldap_client.proven(by_mail, "sato@city.example", SECRET)
    assert entry is not None
    assert entry.name == "Sato@city.example"


def test_a_group_may_say_who_works_from_home(directory: Directory) -> None:
    """The filter names the group; who is disabled stays out although they are in it."""
    only = msgspec.structs.replace(directory, user_filter=f"(&{directory.user_filter}(memberOf={TELEWORK}))")
    assert [entry.name for entry in ldap_client.people(only)] == ["Sato"]
    assert ldap_client.proven(only, "yoshida", SECRET) is None
