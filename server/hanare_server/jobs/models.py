"""One piece of long work: what was asked for, how far it is, how it ended."""

from typing import Final

from django.db import models

from hanare_server.directory.models import Organisation, id_field

CLAIM_CHARACTERS: Final = 32


class Job(models.Model):
    """A job is done by one worker at a time: by the one whose claim stands in it."""

    class State(models.TextChoices):
        """Waiting, running, then one of four ends; it never leaves an end."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"
        """Nothing was changed: what was shown before does not hold any more, or the database takes no change."""
        FAILED = "failed"
        """Nothing was changed, by a fault of ours."""
        CANCELLED = "cancelled"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    asked_by = models.ForeignKey("console.Administrator", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    """Which runner of `hanare_server.jobs.work` does it."""
    subject = models.CharField(max_length=32)
    """On what kind of things, in the word of their addresses."""
    given = models.BinaryField(default=bytes)
    """What it works on, packed; empty once it has ended."""
    shown = models.CharField(max_length=64)
    """Digest of what its asker was shown and has confirmed."""
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    writing = models.BooleanField(default=False)
    """All is checked, and is being written in one transaction."""
    result = models.JSONField(default=dict)
    claim = models.CharField(max_length=CLAIM_CHARACTERS, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    beat_ms = models.BigIntegerField(default=0)
    """When its worker last gave a sign of life."""
    asked_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        indexes = (
            models.Index(fields=["state", "asked_ms"], name="job_state"),
            models.Index(fields=["organisation", "asked_ms"], name="job_asked"),
        )

    def __str__(self) -> str:
        return self.id

    @property
    def living(self) -> bool:
        """Whether it has not ended."""
        return self.state in (self.State.WAITING, self.State.RUNNING)
