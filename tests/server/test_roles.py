"""Every address × every role, and which rows a role sees: generated from the address table itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from hanare_core.problems import Problem
from hanare_server import identifiers
from hanare_server.access.models import Lease, Session
from hanare_server.console import scope
from hanare_server.console.guard import OPEN, permission_of
from hanare_server.console.roles import GRANTS, Permission, Role, may
from hanare_server.directory.models import Department, OfficePC, Organisation, Stick, User
from tests.server.accounts import account, browser
from tests.server.town import Town

BEHIND_THE_DOOR = ("stick/", "kitting/", "(?:stick|kitting)/")
"""Served to sticks only, by nginx's own listener; they authenticate by signatures."""

OURS = ("access", "audit", "console", "directory", "lending")
NO_ROWS_OF_AN_ORGANISATION = {Organisation}
"""Models with their own rule: `scope.organisations`."""


def addresses(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give every address pattern below /, with its view."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, path)
        elif isinstance(pattern, URLPattern) and not path.lstrip("^").startswith(BEHIND_THE_DOOR):
            yield path, pattern.callback


def filled(path: str) -> str:
    """Return the path with a value in each of its places."""
    return "/" + re.sub(r"<(?:\w+:)?\w+>", "1", path).lstrip("^").rstrip("$")


def test_every_address_declares_what_it_demands() -> None:
    """A view that nobody has given a permission is refused by this test before anybody can call it."""
    undeclared = [path for path, view in addresses() if permission_of(view) is None]
    assert undeclared == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gets_what_it_may_and_nothing_else(town: Town, role: Role) -> None:
    """Each address answers 403 to the roles that lack its permission, by GET and by POST, and to no other."""
    client = browser(account(town.organisation, role))
    for path, view in addresses():
        permission = permission_of(view)
        if permission == OPEN or path == "console/sign-out":
            continue
        assert isinstance(permission, Permission)
        for method in (client.get, client.post):
            status = method(filled(path)).status_code
            if not may(role, permission):
                assert status == 403, path
            assert status < 500, path


def test_a_stranger_gets_nothing() -> None:
    """Whoever has not signed in is led to the sign-in; a program gets 401."""
    for path, view in addresses():
        if permission_of(view) != OPEN:
            assert Client().get(filled(path)).status_code == 302, path
            assert Client().get(filled(path), headers={"Accept": "application/json"}).status_code == 401, path


def test_every_model_of_ours_has_a_row_scope() -> None:
    """A model that pages could read has a rule, or it cannot be read at all."""
    known = set(scope.rules())
    owned = {model for label in OURS if apps.is_installed(f"hanare_server.{label}") for model in _models(label)}
    assert owned - known - NO_ROWS_OF_AN_ORGANISATION == set()


def test_a_model_without_a_rule_cannot_be_read(town: Town) -> None:
    """Deny by default: the scope raises instead of giving everything."""
    with pytest.raises(LookupError):
        scope.rows(town.administrator, Organisation)


def test_a_contact_sees_the_rows_of_their_departments_only(town: Town) -> None:
    """Users, sticks, office PCs and departments of others do not exist for a department contact."""
    town.add_user("tanaka")
    town.add_stick()
    own = Department.objects.get(pk=town.department)
    other = Department.objects.create(id=identifiers.new("dep"), organisation=town.organisation, name="他の課")
    contact, stranger = account(town.organisation, Role.CONTACT, [own]), account(town.organisation, Role.CONTACT)
    elsewhere = account(town.organisation, Role.CONTACT, [other])
    for model in (Department, OfficePC, Stick, User):
        rows = scope.rows(contact, model)
        assert [row.pk for row in rows] == [row.pk for row in scope.rows(town.administrator, model) if row != other]
        assert not scope.rows(stranger, model).exists()
        assert set(scope.rows(elsewhere, model)) <= {other}
    with pytest.raises(Problem):
        scope.one(contact, Department, other.pk)


def test_only_the_provider_looks_at_another_organisation(town: Town) -> None:
    """The provider sees every organisation; everybody else their own."""
    for role in Role:
        seen = scope.organisations(account(town.organisation, role)).count()
        assert (seen == 1) == (role != Role.PROVIDER or Organisation.objects.count() == 1)


def test_a_change_of_role_ends_sessions_at_once(town: Town) -> None:
    """The next request of a browser whose account got another role is a stranger's."""
    who = account(town.organisation, Role.ADMINISTRATOR)
    client = browser(who)
    assert client.get("/console/").status_code == 200
    who.role = Role.VIEWER
    who.save()
    assert client.get("/console/").status_code == 302


def test_every_role_has_its_permissions() -> None:
    """No role is forgotten, the auditor changes nothing, and nobody but the administrator may do everything."""
    assert set(GRANTS) == set(Role)
    changing = {Permission.SUSPEND, Permission.RESUME, Permission.LEND, Permission.APPROVE}
    assert not GRANTS[Role.AUDITOR] & changing
    assert not any(permission.value.endswith("-edit") for permission in GRANTS[Role.AUDITOR])
    assert not may("nonsense", Permission.ACCOUNT)


def _models(label: str) -> set[type[Model]]:
    models = {model for model in apps.get_app_config(label).get_models() if hasattr(model, "organisation")}
    return models | ({Session, Lease} if label == "access" else set())
