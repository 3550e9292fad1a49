"""What our commands share: what they say, the rows that options name, and errors as one sentence.

They speak the terminal's language (`catalogue/commands.*.toml`); a result that programs read is the same in both.
"""

from argparse import ArgumentParser
from typing import Final

import msgspec
from django.core.management.base import BaseCommand, CommandError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_core.sentences import for_staff
from hanare_core.texts import Texts, terminal_language
from hanare_server.directory.models import Department, Organisation, User

TEXTS: Final = Texts("hanare_server", "commands")


class QuickCommand(BaseCommand):
    """A command that leaves Django's checks of all pages to `check` and `migrate`: they take longer than its work."""

    requires_system_checks = ()


class OrganisationCommand(QuickCommand):
    """A command on one organisation."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --organisation."""
        parser.add_argument("--organisation", required=True, type=identifier, help=say("option.organisation"))

    def then(self, key: str, **values: object) -> None:
        """Say what to do next, beside the result that programs read: on standard error."""
        self.stderr.write(say(f"next.{key}", **values), style_func=str)


def say(key: str, **values: object) -> str:
    """Return a text of the commands' catalogue in the terminal's language."""
    return TEXTS.text(key, **values)


def refused(key: str, **values: object) -> CommandError:
    """Return the error with this text."""
    return CommandError(say(f"refused.{key}", **values))


def refused_by(problem: Problem, part: str) -> CommandError:
    """Return the error that says a problem of this part: what happened, what to do, and the code."""
    said = for_staff(problem.code, terminal_language(), detail=problem.detail)
    return refused("problem", part=part, **said._asdict(), code=problem.code.value)


def organisation_named(name: str) -> Organisation:
    """Return the organisation; raise CommandError when there is none."""
    found = Organisation.objects.filter(pk=name).first()
    if found is None:
        raise refused("no-organisation", organisation=name)
    return found


def department_of(organisation: Organisation, name: str) -> Department:
    """Return the organisation's department; raise CommandError when there is none."""
    found = Department.objects.filter(pk=name, organisation=organisation).first()
    if found is None:
        raise refused("no-department", department=name, organisation=organisation.id)
    return found


def user_of(organisation: Organisation, name: str) -> User:
    """Return the organisation's user who has not left; raise CommandError when there is none."""
    found = User.objects.filter(pk=name, organisation=organisation).exclude(state=User.State.GONE).first()
    if found is None:
        raise refused("no-user", user=name, organisation=organisation.id)
    return found


def identifier(text: str) -> str:
    """Return the text if it is an identifier; raise CommandError with its shape."""
    try:
        return msgspec.convert(text, wire.Id)
    except msgspec.ValidationError as error:
        raise refused("identifier", text=text) from error


def public_key(text: str) -> str:
    """Return the text if it is an Ed25519 public key in base64url; raise CommandError."""
    try:
        VerifyKey(wire.key_bytes(text))
    except (ValueError, TypeError, CryptoError, Problem) as error:
        raise refused("public-key") from error
    return text
