"""What lending adds to the loans of the directory: reservations, reminders that were sent, and sticks that are lost."""

from django.db import models

from hanare_server.directory.models import ID_CHARACTERS, Loan, Organisation, Stick, User, id_field


class Reminder(models.Model):
    """That an overdue loan was told of: once a loan."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    loan = models.OneToOneField(Loan, models.PROTECT, related_name="reminder")
    sent_ms = models.BigIntegerField()
    mails = models.PositiveSmallIntegerField(default=0)
    """How many people it was mailed to; 0 where nobody has an address: it stands on the start page all the same."""

    def __str__(self) -> str:
        return str(self.loan)


class LostStick(models.Model):
    """A stick that was reported lost, until it is found."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    stick = models.ForeignKey(Stick, models.PROTECT, related_name="losses")
    reported_ms = models.BigIntegerField()
    reported_by = models.CharField(max_length=ID_CHARACTERS)
    found_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        constraints = (
            models.UniqueConstraint(fields=["stick"], condition=models.Q(found_ms=None), name="one_open_loss_a_stick"),
        )

    def __str__(self) -> str:
        return str(self.stick)


class Reservation(models.Model):
    """A stick for a user on some days, both the first and the last among them, at the office."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    stick = models.ForeignKey(Stick, models.PROTECT, related_name="reservations")
    user = models.ForeignKey(User, models.PROTECT, related_name="reservations")
    first = models.DateField()
    last = models.DateField()
    made_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=ID_CHARACTERS)
    cancelled_ms = models.BigIntegerField(null=True)
    loan = models.OneToOneField(Loan, models.PROTECT, null=True, related_name="reservation")
    """What it became."""

    class Meta:
        """What the database keeps by itself."""

        constraints = (
            models.CheckConstraint(condition=models.Q(first__lte=models.F("last")), name="reservation_days"),
        )
        indexes = (models.Index(fields=["organisation", "stick", "last"], name="reservation_stick"),)

    def __str__(self) -> str:
        return self.id
