"""What our commands share: the organisation they act on, and errors as one sentence."""

from argparse import ArgumentParser
from typing import Final

import msgspec
from django.core.management.base import BaseCommand, CommandError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_core.texts import Texts
from hanare_server.directory.models import Organisation

TEXTS: Final = Texts("hanare_server", "commands")


class QuickCommand(BaseCommand):
    """A command that leaves Django's checks of all pages to `check` and `migrate`: they take longer than its work."""

    requires_system_checks = ()


class OrganisationCommand(QuickCommand):
    """A command on one organisation."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --organisation."""
        parser.add_argument("--organisation", required=True, type=identifier, help="the organisation's id")

    def then(self, key: str, **values: object) -> None:
        """Say what to do next, beside the result that programs read: on standard error, in the terminal's language."""
        self.stderr.write(TEXTS.text(f"next.{key}", **values), style_func=str)


def organisation_named(name: str) -> Organisation:
    """Return the organisation; raise CommandError when there is none."""
    found = Organisation.objects.filter(pk=name).first()
    if found is None:
        raise CommandError(f"there is no organisation {name}: run setup first")
    return found


def identifier(text: str) -> str:
    """Return the text if it is an identifier; raise CommandError with its shape."""
    try:
        return msgspec.convert(text, wire.Id)
    except msgspec.ValidationError as error:
        raise CommandError(f"{text!r} is no id: use a-z, 0-9 and -, at most 64 characters") from error


def public_key(text: str) -> str:
    """Return the text if it is an Ed25519 public key in base64url; raise CommandError."""
    try:
        VerifyKey(wire.key_bytes(text))
    except (ValueError, TypeError, CryptoError, Problem) as error:
        raise CommandError("this is no Ed25519 public key in base64url") from error
    return text
