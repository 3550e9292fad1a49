"""What the stick API keeps between two requests."""

from django.db import models

from hanare_server.directory.models import KEY_CHARACTERS, Department, Organisation, Stick, User


class SignIn(models.Model):
    """A sign-in that keyd has accepted: its ticket waits here until the stick confirms the new generation."""

    nonce = models.CharField(primary_key=True, max_length=KEY_CHARACTERS)
    stick = models.ForeignKey(Stick, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT)
    ticket = models.TextField()
    session_key = models.CharField(max_length=KEY_CHARACTERS)
    next_generation = models.BigIntegerField()
    not_after_ms = models.BigIntegerField(db_index=True)
    refusal = models.CharField(max_length=32, blank=True)
    """The decision's first reason, once it said no: a repeated confirm is answered alike."""

    def __str__(self) -> str:
        return self.nonce


class RegistrationToken(models.Model):
    """A kitting batch's right to register sticks; only the token's hash is kept."""

    token_hash = models.CharField(primary_key=True, max_length=64)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    left = models.PositiveIntegerField()
    not_after_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return self.token_hash[:8]
