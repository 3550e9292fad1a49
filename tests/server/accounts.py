"""Console accounts of every role, and browsers in which they have signed in."""

import re
import time
from collections.abc import Iterable
from typing import Any, Final

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.http import HttpRequest
from django.test import Client

from hanare_core import totp
from hanare_server import identifiers
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, Organisation
from tests.server.town import PASSWORD, TOTP_SECRET, Town

SENDING_MS: Final = 3_000
"""Time to send a code before its step ends, on a busy machine, milliseconds."""

TYPING_MS: Final = 10_000
"""The same for a code that is typed into a browser."""


def account(organisation: Organisation, role: Role, departments: Iterable[Department] = ()) -> Administrator:
    """Return a new account of that role."""
    identifier = identifiers.new("adm")
    made = Administrator(id=identifier, organisation=organisation, name=identifier, role=role, person=identifier)
    made.set_unusable_password()
    made.save()
    made.departments.set(departments)
    TOTP.activate(made, totp.new_secret())
    return made


def browser(who: Administrator) -> Client:
    """Return a browser in which the account has signed in; how one signs in is tested elsewhere."""
    client = Client()
    client.force_login(who)
    return client


def just_proven(client: Client, who: Administrator) -> None:
    """Have the account's web session say that the second factor was shown just now, as allauth writes it down."""
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, who, "mfa", type="totp")
    request.session.save()


def sign_in(client: Client, town: Town) -> None:
    """Sign the town's first administrator in, as a browser does: password, then second factor."""
    answer = send_password(client, town)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/sign-in/factor")
    answer = send_code(client, town, fresh_code())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")


def fresh_code(secret: str = TOTP_SECRET, *, step: int = 0, held_ms: int = SENDING_MS) -> str:
    """Return the code of a step from now that stays so for `held_ms`; waits for the next step rather than be late."""
    left_ms = totp.STEP_MS - now_ms() % totp.STEP_MS
    if left_ms < held_ms:
        time.sleep(left_ms / 1000)
    return totp.code_at(secret, now_ms() + step * totp.STEP_MS)


def send_password(client: Client, town: Town, password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in form with its token; `more` replaces or adds fields."""
    form = {"login": f"admin-{town.id}", "password": password, **more}
    return _send(client, town, "/console/sign-in", form)


def send_code(client: Client, town: Town, code: str) -> Any:
    """Send the second factor."""
    return _send(client, town, "/console/sign-in/factor", {"code": code})


def _send(client: Client, town: Town, path: str, form: dict[str, str]) -> Any:
    # Each town has a source of its own: counting tries must not couple the tests.
    page = client.get(path, headers={"Accept-Language": "ja"}, REMOTE_ADDR=town.id).content.decode()
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    return client.post(path, {**form, "csrfmiddlewaretoken": token}, REMOTE_ADDR=town.id)
