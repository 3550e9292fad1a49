"""`setup`: makes the server's secrets, an organisation with its first department, and the first administrator.

The administrator's password is read from stdin, one line, and never stands in the arguments. A second line, if there is
one, is the base32 secret of the account's authenticator (RFC 6238), for installations that sign in by a program;
without it the first sign-in asks to set one up. Running it again changes nothing that is there.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import translation

from hanare_core import signed, totp
from hanare_core.problems import Problem
from hanare_core.profile import LEASE_TTL_MS
from hanare_core.texts import terminal_language
from hanare_server import identifiers, keys
from hanare_server.access.act import OpenAct, act
from hanare_server.audit.log import COMMAND, Act, Thing
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.management.base import QuickCommand, identifier, public_key, refused, say
from hanare_server.directory.models import Department, Organisation
from hanare_server.profiles import change


class Command(QuickCommand):
    """Sets one organisation up."""

    help = say("help.setup")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what names the organisation."""
        parser.add_argument("--organisation", required=True, type=identifier, help=say("option.new-organisation"))
        parser.add_argument("--name", required=True, help=say("option.name"))
        parser.add_argument("--help-desk", default="", help=say("option.help-desk"))
        parser.add_argument("--ca-key", required=True, type=public_key, help=say("option.ca-key"))
        parser.add_argument("--department", default="general", type=identifier, help=say("option.first-department"))
        parser.add_argument("--department-name", default="総務課", help=say("option.first-department-name"))
        parser.add_argument("--administrator", required=True, help=say("option.administrator"))
        parser.add_argument("--staff-number", default="", help=say("option.staff-number"))
        parser.add_argument("--mail", default="", help=say("option.mail"))
        parser.add_argument("--ttl-ms", type=int, default=LEASE_TTL_MS, help=say("option.ttl"))
        parser.add_argument("--grace-ms", type=int, default=0, help=say("option.grace"))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make what is missing."""
        config = settings.HANARE
        keys.make(config.path("server.key", config.key_file))
        keys.make(config.path("secret", config.secret_file))
        server_key = signed.public_text(keys.signing_key())
        # The row must be there before an act can lock it.
        Organisation.objects.get_or_create(
            pk=options["organisation"],
            defaults={
                "name": options["name"],
                "help_desk": options["help_desk"],
                "ca_key": options["ca_key"],
                "server_key": server_key,
            },
        )
        password = _password(options["administrator"])
        with act(options["organisation"], COMMAND) as opened:
            _complete(opened, options)
            _add_administrator(opened, options, password)
        self.stdout.write(f"server public key: {server_key}")


def _complete(opened: OpenAct, options: dict[str, Any]) -> None:
    organisation = opened.organisation
    if organisation.profile is not None:
        return
    first = {"lease_ttl_ms": options["ttl_ms"], "grace_ms": options["grace_ms"]}
    try:
        organisation.profile = change.create(opened, "標準", first)
    except Problem as problem:
        raise refused("lease-time", path=problem.detail["path"]) from problem
    Department.objects.create(id=options["department"], organisation=organisation, name=options["department_name"])
    opened.touch_organisation()
    opened.write(Act.ADDED, Thing("organisation", organisation.id))


def _password(name: str) -> str | None:
    """Return the new account's password, or None when the account is there."""
    if Administrator.objects.filter(name=name.casefold()).exists():
        return None
    password = sys.stdin.readline().rstrip("\n")
    with translation.override(terminal_language()):
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
    return password


def _totp_secret() -> str:
    """Return the secret of the second line, or nothing; raises CommandError for one that no authenticator knows."""
    secret = sys.stdin.readline().strip()
    try:
        if secret:
            totp.code_at(secret, 0)
    except Problem as problem:
        raise refused("totp") from problem
    return secret


def _add_administrator(opened: OpenAct, options: dict[str, Any], password: str | None) -> None:
    if password is None:
        return
    account = Administrator(
        id=identifiers.new("adm"),
        organisation=opened.organisation,
        name=options["administrator"].casefold(),
        person=options["staff_number"],
        mail=options["mail"],
        role=Role.ADMINISTRATOR,
    )
    account.set_password(password)
    account.save()
    secret = _totp_secret()
    if secret:
        TOTP.activate(account, secret)
    opened.write(Act.ADDED, Thing("administrator", account.id))
