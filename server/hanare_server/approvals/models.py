"""What waits for a second person: a request to loosen something, and a stop of many at once."""

from django.db import models

from hanare_server.directory.models import Organisation, id_field

HASH_CHARACTERS = 64
"""SHA-256 in hexadecimal digits."""


class Loosening(models.TextChoices):
    """The acts that take two people."""

    ADD_ADMINISTRATOR = "add-administrator"
    ALLOW_CARRIER = "allow-carrier"
    ASSIGN_PROFILE = "assign-profile"
    CHANGE_ADMINISTRATOR = "change-administrator"
    CHANGE_PROFILE = "change-profile"
    COME_BACK = "come-back"
    CONFIRM_ORIGINAL = "confirm-original"
    EXPORT_AUDIT = "export-audit"
    ISSUE_CODE = "issue-code"
    LEAVE_MY_NUMBER = "leave-my-number"
    MARK_LEFT = "mark-left"
    RESET_ADMINISTRATOR = "reset-administrator"
    RESUME = "resume"
    START_REKEY = "start-rekey"


class Request(models.Model):
    """One act that somebody asks for, exactly as it would be done."""

    class State(models.TextChoices):
        """Waiting until it is decided or too old; it never waits again."""

        WAITING = "waiting"
        APPROVED = "approved"
        """Decided, not yet fetched: an export of the log, a one-time code."""
        REFUSED = "refused"
        EXPIRED = "expired"
        DONE = "done"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    act = models.CharField(max_length=24, choices=Loosening)
    payload = models.TextField()
    """Canonical JSON: the act, what it is to do, and how its target stood."""
    payload_hash = models.CharField(max_length=HASH_CHARACTERS)
    reason = models.CharField(max_length=500, blank=True)
    requester = models.ForeignKey("console.Administrator", models.PROTECT, related_name="requests")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_ms = models.BigIntegerField()
    expires_ms = models.BigIntegerField()
    confirmed_ms = models.BigIntegerField(null=True)
    """When the only administrator has proven the second factor again."""
    decided_by = models.ForeignKey("console.Administrator", models.PROTECT, null=True, related_name="decisions")
    decided_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        indexes = (models.Index(fields=["organisation", "state", "expires_ms"], name="request_state"),)

    def __str__(self) -> str:
        return self.id


class MassStop(models.Model):
    """A stop of many by one person: it lapses unless another confirms it."""

    class State(models.TextChoices):
        """Standing until it is confirmed or has lapsed."""

        STANDING = "standing"
        CONFIRMED = "confirmed"
        LAPSED = "lapsed"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    kind = models.CharField(max_length=16)
    identifiers = models.JSONField()
    stopped_by = models.ForeignKey("console.Administrator", models.PROTECT, related_name="mass_stops")
    stopped_ms = models.BigIntegerField()
    lapses_ms = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.STANDING)
    decided_by = models.ForeignKey("console.Administrator", models.PROTECT, null=True, related_name="confirmed_stops")

    class Meta:
        """What the database keeps by itself."""

        indexes = (models.Index(fields=["organisation", "state", "lapses_ms"], name="mass_stop_state"),)

    def __str__(self) -> str:
        return self.id
