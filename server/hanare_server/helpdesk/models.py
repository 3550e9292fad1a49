"""Messages of the office to whoever sits at a stick, and how far each has come on each stick."""

from django.db import models

from hanare_core.messages.stick import Reading
from hanare_server.directory.models import Department, Organisation, Stick, id_field

TEXT_CHARACTERS = 500
"""Longest text: it is read in a small window over the desktop."""


class Message(models.Model):
    """One message, in one language or both; it is delivered until `until_ms`."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    ja = models.CharField(max_length=TEXT_CHARACTERS, blank=True)
    en = models.CharField(max_length=TEXT_CHARACTERS, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True)
    """To whose sticks it went; null: to one stick, or to all."""
    sent_by = models.ForeignKey("console.Administrator", models.PROTECT, related_name="messages")
    sent_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    diagnostics = models.BooleanField(default=False)
    """It asks for the stick's diagnostics."""

    class Meta:
        """What the database keeps by itself."""

        indexes = (models.Index(fields=["organisation", "until_ms"], name="message_until"),)

    def __str__(self) -> str:
        return self.ja or self.en


class Delivery(models.Model):
    """One message on one stick."""

    class State(models.TextChoices):
        """How far it has come; it never goes back."""

        WAITING = "waiting"
        """The stick is off, or has not answered yet."""
        DELIVERED = Reading.DELIVERED.value
        SHOWN = Reading.SHOWN.value
        READ = Reading.READ.value

    message = models.ForeignKey(Message, models.PROTECT, related_name="deliveries")
    stick = models.ForeignKey(Stick, models.PROTECT, related_name="deliveries")
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    changed_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["message", "stick"], name="one_delivery_a_stick"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.stick_id}"


class Bundle(models.Model):
    """A stick's diagnostics, which the person before it agreed to send."""

    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="bundle")
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    received_ms = models.BigIntegerField()
    facts = models.JSONField()
    log = models.JSONField()
    """The agent's last log lines, the newest last."""

    def __str__(self) -> str:
        return str(self.delivery)
