"""Console accounts of every role, and browsers in which they have signed in."""

from collections.abc import Iterable

from django.test import Client

from hanare_server import identifiers
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Organisation


def account(organisation: Organisation, role: Role, departments: Iterable[Department] = ()) -> Administrator:
    """Return a new account of that role."""
    identifier = identifiers.new("adm")
    made = Administrator(id=identifier, organisation=organisation, name=identifier, role=role, person=identifier)
    made.set_unusable_password()
    made.save()
    made.departments.set(departments)
    return made


def browser(who: Administrator) -> Client:
    """Return a browser in which the account has signed in; how one signs in is tested elsewhere."""
    client = Client()
    client.force_login(who)
    return client
