"""The tokens of the API. The secret itself is kept by nobody but the program that uses it."""

from typing import Final

from django.db import models

from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Organisation, id_field

DIGEST_CHARACTERS: Final = 64
"""SHA-256 in hexadecimal."""

NAME_CHARACTERS: Final = 64


class Token(models.Model):
    """What a program shows instead of a person: it may what it was given, and never more than its owner may now."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    owner = models.ForeignKey(Administrator, models.PROTECT)
    name = models.CharField(max_length=NAME_CHARACTERS)
    scopes = models.JSONField(default=list)
    """Values of `hanare_server.console.roles.Permission`."""
    digest = models.CharField(max_length=DIGEST_CHARACTERS, unique=True)
    role = models.CharField(max_length=16, choices=Role)
    """The owner's role when the token was made: with another role it is dead."""
    sign_in_epoch = models.PositiveIntegerField()
    """The owner's epoch then: who ends all sessions of an account ends its tokens as well."""
    created_ms = models.BigIntegerField()
    used_ms = models.BigIntegerField(null=True)
    expires_ms = models.BigIntegerField()
    revoked_ms = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name
