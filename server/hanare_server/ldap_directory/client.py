"""Speaks LDAP (RFC 4511) with one server, by libldap: over TLS only, with the office's own CA pinned, and bounded.

A password is proven by a simple bind as the entry that the name belongs to. What is not a plain success is a no: an
empty password, which LDAP takes for an anonymous bind (RFC 4513, 5.1.2), is never sent. Referrals are not followed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import ldap
from ldap.controls import SimplePagedResultsControl
from ldap.filter import escape_filter_chars

from hanare_server.config import Directory, first_line

SECONDS: Final = 5.0
"""For connecting and for each answer: somebody waits before a sign-in page."""

PAGE_ENTRIES: Final = 500
"""Active Directory gives at most 1,000 entries at once."""

MOST_ENTRIES: Final = 20_000
"""As many as a file of users may have."""

ID_ATTRIBUTES: Final = ("objectGUID", "entryUUID")
"""What of an entry never changes (Active Directory; RFC 4530)."""


class UnavailableError(Exception):
    """The directory does not answer, or not as it must: a certificate that is not the CA's, a bind that fails."""


class Entry(NamedTuple):
    """A person in the directory."""

    dn: str
    uid: str
    """What never changes of the entry, as text."""
    name: str
    full_name: str
    department: str


def people(directory: Directory) -> list[Entry]:
    """Return everybody whom the settings' filter names, at most MOST_ENTRIES; raises UnavailableError."""
    with _bound(directory) as connection:
        return list(_search(connection, directory, directory.user_filter))


def proven(directory: Directory, name: str, password: str) -> Entry | None:
    """Return the person of that name if the password is theirs; raises UnavailableError."""
    if not name or not password or "\0" in name + password:
        return None
    wanted = f"(&{directory.user_filter}({directory.name_attribute}={escape_filter_chars(name)}))"
    with _bound(directory) as connection:
        found = list(_search(connection, directory, wanted))
    if len(found) != 1:
        return None
    with _connected(directory) as connection:
        return found[0] if _binds(connection, found[0].dn, password) else None


def _binds(connection: Any, dn: str, password: str) -> bool:
    try:
        connection.simple_bind_s(dn, password)
    except (ldap.SERVER_DOWN, ldap.TIMEOUT) as error:
        raise UnavailableError(_said(error)) from error
    except ldap.LDAPError:
        return False
    return True


@contextmanager
def _bound(directory: Directory) -> Iterator[Any]:
    """Give a connection bound as ourselves; what LDAP complains about in the block is UnavailableError."""
    with _connected(directory) as connection:
        try:
            connection.simple_bind_s(directory.bind_dn, first_line(directory.secret_file))
            yield connection
        except ldap.LDAPError as error:
            raise UnavailableError(_said(error)) from error


@contextmanager
def _connected(directory: Directory) -> Iterator[Any]:
    connection = ldap.initialize(directory.url)
    for option, value in (
        (ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3),
        (ldap.OPT_REFERRALS, 0),
        (ldap.OPT_NETWORK_TIMEOUT, SECONDS),
        (ldap.OPT_TIMEOUT, SECONDS),
        (ldap.OPT_X_TLS_CACERTFILE, directory.ca_file),
        (ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND),
        (ldap.OPT_X_TLS_PROTOCOL_MIN, ldap.OPT_X_TLS_PROTOCOL_TLS1_2),
        (ldap.OPT_X_TLS_NEWCTX, 0),
    ):
        connection.set_option(option, value)
    try:
        if directory.url.startswith("ldap://"):
            connection.start_tls_s()
        yield connection
    except ldap.LDAPError as error:
        raise UnavailableError(_said(error)) from error
    finally:
        connection.unbind_ext_s()


def _search(connection: Any, directory: Directory, wanted: str) -> Iterator[Entry]:
    control = SimplePagedResultsControl(criticality=True, size=PAGE_ENTRIES, cookie="")
    given = 0
    while True:
        asked = connection.search_ext(
            directory.base, ldap.SCOPE_SUBTREE, wanted, _attributes(directory), serverctrls=[control]
        )
        _kind, found, _number, controls = connection.result3(asked, timeout=SECONDS)
        for dn, attributes in found:
            entry = _entry(directory, dn, attributes) if dn else None  # a referral has no name
            if entry is not None:
                given += 1
                if given > MOST_ENTRIES:
                    raise UnavailableError(f"more than {MOST_ENTRIES} entries")
                yield entry
        cookies = [one.cookie for one in controls if one.controlType == SimplePagedResultsControl.controlType]
        if not cookies or not cookies[0]:
            return
        control.cookie = cookies[0]


def _attributes(directory: Directory) -> list[str]:
    return [directory.name_attribute, directory.full_name_attribute, directory.department_attribute, *ID_ATTRIBUTES]


def _entry(directory: Directory, dn: str, attributes: dict[str, list[bytes]]) -> Entry | None:
    uid = next((attributes[name][0].hex() for name in ID_ATTRIBUTES if attributes.get(name)), "")
    name = _text(attributes, directory.name_attribute)
    if not name or not uid:
        return None
    full_name, department = directory.full_name_attribute, directory.department_attribute
    return Entry(dn, uid, name, _text(attributes, full_name), _text(attributes, department))


def _text(attributes: dict[str, list[bytes]], name: str) -> str:
    values = attributes.get(name)
    return values[0].decode("utf-8", "replace").strip() if values else ""


def _said(error: Exception) -> str:
    """Return LDAP's own words: they name no password."""
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return f"{type(error).__name__}: {said.get('info') or said.get('desc') or ''}"
