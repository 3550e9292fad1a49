"""The audit log's one table. The database itself refuses UPDATE and DELETE (migration 0002)."""

from django.db import models

from hanare_server.directory.models import ID_CHARACTERS, Organisation


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
    row_hash = models.CharField(max_length=64)

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="audit_number"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number} {self.act}"
