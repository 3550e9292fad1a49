"""The sealed code of an organisation: only its slow hash is kept."""

from django.db import models

from hanare_server.directory.models import Organisation


class SealedCode(models.Model):
    """One code, printed once and put into an envelope; a new one takes its place, and using it uses it up."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, primary_key=True)
    code_hash = models.CharField(max_length=256)
    issued_ms = models.BigIntegerField()
    used_ms = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.organisation_id
