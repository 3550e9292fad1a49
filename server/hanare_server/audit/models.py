"""The audit log's tables. The database itself refuses UPDATE and DELETE of rows and checkpoints."""

from typing import Final

from django.db import models

from hanare_server.directory.models import ID_CHARACTERS, Organisation

HASH_CHARACTERS: Final = 64


class AuditRow(models.Model):
    """One act: who did what to what, when. Rows of an organisation are numbered from 1 and chained by hash."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    number = models.BigIntegerField()
    time_ms = models.BigIntegerField()
    actor_kind = models.CharField(max_length=16)
    actor = models.CharField(max_length=ID_CHARACTERS)
    act = models.CharField(max_length=32)
    object_kind = models.CharField(max_length=16)
    object = models.CharField(max_length=ID_CHARACTERS)
    detail = models.JSONField(default=dict)
    row_hash = models.CharField(max_length=HASH_CHARACTERS)

    class Meta:
        """What the database keeps by itself, and what the list searches by."""

        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="audit_number"),)
        indexes = (
            models.Index(fields=["organisation", "act", "number"], name="audit_act"),
            models.Index(fields=["organisation", "actor", "number"], name="audit_actor"),
            models.Index(fields=["organisation", "object", "number"], name="audit_object"),
            models.Index(fields=["organisation", "time_ms"], name="audit_time"),
        )

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number} {self.act}"


class Checkpoint(models.Model):
    """keyd's signed word for the newest row of a log at one moment."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    number = models.BigIntegerField()
    row_hash = models.CharField(max_length=HASH_CHARACTERS)
    signed = models.TextField()

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="checkpoint_number"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number}"


class OffBoxCopy(models.Model):
    """Up to which row the copy outside was sent. Rows after a crash may be sent twice, never left out."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number}"
