"""Every version that a profile ever had: who changed what, when, and what to put back."""

from django.db import models

from hanare_server.directory.models import ID_CHARACTERS, Organisation, Profile


class ProfileVersion(models.Model):
    """One saved state of a profile. Numbers rise from 1; the newest is what holds."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    settings = models.JSONField(default=dict)
    time_ms = models.BigIntegerField()
    actor_kind = models.CharField(max_length=16)
    actor = models.CharField(max_length=ID_CHARACTERS)
    put_back = models.PositiveIntegerField(null=True)
    """The older version that this one brought back; null: an ordinary change."""

    class Meta:
        """What the database keeps by itself."""

        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=["profile", "number"], name="profile_version_number"),)

    def __str__(self) -> str:
        return f"{self.profile_id} {self.number}"
