"""Sessions and the leases that let their packets through."""

from django.db import models

from hanare_server.directory.models import (
    KEY_CHARACTERS,
    Department,
    Gateway,
    OfficePC,
    Organisation,
    Stick,
    User,
    id_field,
)


class Session(models.Model):
    """One sign-in on one stick, from sign-in to end. Department and office PC are those of its beginning."""

    class State(models.TextChoices):
        """Open until it has ended; it never opens again."""

        OPEN = "open"
        ENDED = "ended"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    stick = models.ForeignKey(Stick, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT)
    department = models.ForeignKey(Department, models.PROTECT)
    office_pc = models.ForeignKey(OfficePC, models.PROTECT)
    nonce = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    """The sign-in's nonce: a repeated confirm finds its session by it."""
    ticket = models.TextField()
    factors = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=32, blank=True)
    opened_ms = models.BigIntegerField()
    ends_ms = models.BigIntegerField()
    """The hard end, server time."""
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        constraints = (
            models.UniqueConstraint(
                fields=["stick"], condition=models.Q(state="open"), name="one_open_session_a_stick"
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "state", "opened_ms"], name="session_state"),
            models.Index(fields=["organisation", "opened_ms"], name="session_opened"),
            models.Index(fields=["user", "opened_ms"], name="session_of_user"),
            models.Index(fields=["organisation", "ended_ms"], name="session_ended"),
            models.Index(fields=["department", "state"], name="session_of_department"),
        )

    def __str__(self) -> str:
        return self.id


class Halt(models.Model):
    """What is suspended or was resumed, and in which epoch: gateways keep it, so a restored backup revives nothing."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    kind = models.CharField(max_length=16)
    identifier = models.CharField(max_length=64)
    stands = models.BooleanField()
    """False: it was resumed."""
    epoch = models.BigIntegerField()
    revision = models.BigIntegerField(default=0)

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["organisation", "kind", "identifier"], name="one_halt_a_thing"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.identifier}"


class Lease(models.Model):
    """One session's permission on one gateway, and at its end what the gateway's kernel had counted."""

    class State(models.TextChoices):
        """Present until gone, in the words of the gateway channel."""

        PRESENT = "present"
        GONE = "gone"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    session = models.ForeignKey(Session, models.PROTECT, related_name="leases")
    gateway = models.ForeignKey(Gateway, models.PROTECT)
    position = models.PositiveSmallIntegerField()
    """0 is the path that the stick tries first."""
    state = models.CharField(max_length=8, choices=State, default=State.PRESENT)
    reason = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(protocol="IPv4")
    targets = models.TextField()
    """JSON: [{"address": …, "port": …}], as the hub hands it to the gateway."""
    ttl_ms = models.PositiveIntegerField()
    grace_ms = models.PositiveIntegerField()
    ends_ms = models.BigIntegerField()
    settings = models.TextField(default="")
    """JSON: what the stick obeys in this session (`hanare_core.stick_settings`), as the hub hands it on."""
    gone_ms = models.BigIntegerField(null=True)
    removed_ms = models.BigIntegerField(null=True)
    """When its elements had left the kernel; null until the receipt arrived."""
    packets = models.BigIntegerField(null=True)
    last_packet_ms = models.BigIntegerField(null=True)
    clock_error_ms = models.BigIntegerField(null=True)
    """By how much the two times may be wrong against the server's clock, both alike."""
    tick_ms = models.BigIntegerField(null=True)
    """By how much the last packet may be wrong beside that."""
    revision = models.BigIntegerField(default=0)

    class Meta:
        """What the database keeps by itself."""

        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "address"], condition=models.Q(state="present"), name="one_lease_an_address"
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "revision"], name="lease_revision"),
            models.Index(fields=["state", "gone_ms"], name="lease_gone"),
            models.Index(fields=["gateway", "address", "gone_ms"], name="lease_address"),
        )

    def __str__(self) -> str:
        return self.id
