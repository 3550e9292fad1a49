"""The rows of the directory. Identifiers are text; times are Unix milliseconds; nothing is ever deleted by a view.

Organisation, Stick and Gateway carry the revision of their last change: the hub reads them by it.
"""

from typing import Final

from django.db import models

ID_CHARACTERS: Final = 64
KEY_CHARACTERS: Final = 43
"""32 bytes in unpadded base64url."""


def id_field() -> "models.CharField[str, str]":
    """Return the primary key of every row: text of the shape of `hanare_core.wire.Id`."""
    return models.CharField(primary_key=True, max_length=ID_CHARACTERS)


class Organisation(models.Model):
    """A city hall or company: the tenant. Its row is also the lock under which its changes are put in order."""

    class State(models.TextChoices):
        """Whether anybody of the organisation may work."""

        ON = "on"
        OFF = "off"

    id = id_field()
    name = models.CharField(max_length=200)
    help_desk = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, default="Asia/Tokyo")
    state = models.CharField(max_length=8, choices=State, default=State.ON)
    carrier = models.BooleanField(default=True)
    """Whether homes that let no UDP out may come to the gateways inside TLS on TCP 443."""
    server_key = models.CharField(max_length=KEY_CHARACTERS)
    ca_key = models.CharField(max_length=KEY_CHARACTERS)
    profile = models.ForeignKey("Profile", models.PROTECT, null=True, related_name="+")
    epoch = models.BigIntegerField(default=0)
    revision = models.BigIntegerField(default=0)
    pin_words = models.JSONField(default=list)
    """Words and numbers that no PIN of the organisation may hold, beside its own name and its users'."""
    audit_number = models.BigIntegerField(default=0)
    audit_hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


class Profile(models.Model):
    """Settings of a group of sticks and users: only the fields that it sets, the others come from above."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="profiles")
    name = models.CharField(max_length=200)
    settings = models.JSONField(default=dict)
    """Fields of `hanare_core.profile.Settings`, written by `hanare_server.profiles` after it has checked them."""
    version = models.PositiveIntegerField(default=1)
    """Rises with every change: who saves an older one is told (409)."""

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A part of an organisation."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(max_length=200)
    suspended = models.BooleanField(default=False)
    profile = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class User(models.Model):
    """A worker. `name` is what they type; `name_key` is how it is looked up."""

    class State(models.TextChoices):
        """Standing of a user; one who left is gone, with all history, and may be brought back without a PIN."""

        ACTIVE = "active"
        SUSPENDED = "suspended"
        GONE = "gone"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    department = models.ForeignKey(Department, models.PROTECT)
    name = models.CharField(max_length=64)
    name_key = models.CharField(max_length=256)
    full_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    permitted_until_ms = models.BigIntegerField(null=True, blank=True)
    """End of the permission to work at home; null: none set."""
    profile = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="+")
    envelope = models.CharField(max_length=256, blank=True)
    """The sealed user key that the PIN opens; empty before the first PIN."""
    user_key = models.CharField(max_length=KEY_CHARACTERS, blank=True)
    """Public half of that key: what a keyd that was restored from a backup is compared with.

    Of a user who left it stays until keyd has destroyed the other half.
    """

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["organisation", "name_key"], name="user_name_in_organisation"),)
        indexes = (
            models.Index(fields=["organisation", "name", "id"], name="user_list"),
            models.Index(fields=["organisation", "state"], name="user_standing"),
        )

    def __str__(self) -> str:
        return self.full_name or self.name


class Stick(models.Model):
    """One USB thin client. Its door's address is derived from its certificate and stored nowhere."""

    class State(models.TextChoices):
        """Standing of a stick; revoked and replaced ones have no door."""

        ACTIVE = "active"
        SUSPENDED = "suspended"
        QUARANTINED = "quarantined"
        LOCKED = "locked"
        REVOKED = "revoked"
        REPLACED = "replaced"

    RETIRED = (State.REVOKED, State.REPLACED)
    """Out of use for ever."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True)
    label = models.CharField(max_length=200, blank=True)
    identity_key = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    door_key = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    certificate = models.TextField()
    certificate_until_ms = models.BigIntegerField(default=0)
    """When `certificate` ends, as it says itself: what it says is verified wherever the stick speaks, not by this."""
    next_certificate = models.TextField(blank=True)
    """Of the keys that the stick changes to, while those of `certificate` are still valid beside them."""
    list_number = models.BigIntegerField(default=0)
    """Of the newest gateway list of which a gateway has answered the stick; 0: it knows those of kitting."""
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    image = models.BigIntegerField(default=0)
    virtual = models.CharField(max_length=32, blank=True)
    """The virtual machine that the stick said it is in, the last time that it was switched on; empty: none."""
    generation = models.BigIntegerField(default=0)
    """The last generation that the stick confirmed to have written."""
    offered = models.BigIntegerField(null=True)
    """The next generation, once offered and until confirmed."""
    highest = models.BigIntegerField(default=0)
    """The highest generation ever offered or shown: none is offered twice, so no two copies ever hold the same one."""
    may_be_ahead = models.BooleanField(default=False)
    """Since a restored backup: once, the stick may show a generation that we have forgotten."""
    stale_shown = models.BigIntegerField(null=True)
    """In quarantine: the generation that the other of the two showed."""
    seen_ms = models.BigIntegerField(null=True)
    """When the stick last confirmed a generation, from where, and who sat before it."""
    seen_source = models.CharField(max_length=64, blank=True)
    seen_line = models.CharField(max_length=45, blank=True)
    """Its address on the internet then, as the gateway saw it; empty: not looked up, or not told."""
    seen_user = models.CharField(max_length=ID_CHARACTERS, blank=True)
    revision = models.BigIntegerField(default=0)

    class Meta:
        """What the database keeps by itself."""

        indexes = (
            models.Index(fields=["organisation", "revision"], name="stick_revision"),
            models.Index(fields=["organisation", "state", "department", "image"], name="stick_standing"),
            models.Index(fields=["organisation", "state", "certificate_until_ms"], name="stick_certificate"),
        )

    def __str__(self) -> str:
        return self.label or self.id


class OfficePC(models.Model):
    """A user's own PC at the office."""

    class Kind(models.TextChoices):
        """Which RDP server answers."""

        WINDOWS = "windows"
        XRDP = "xrdp"

    class Zone(models.TextChoices):
        """The network it stands in (三層の対策); `mynumber` can never be reached."""

        INTERNAL = "internal"
        LGWAN = "lgwan"
        INTERNET = "internet"
        MYNUMBER = "mynumber"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    user = models.OneToOneField(User, models.PROTECT, null=True, related_name="office_pc")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind)
    address = models.GenericIPAddressField(protocol="IPv4")
    port = models.PositiveIntegerField(default=3389)
    fingerprint = models.CharField(max_length=95)
    zone = models.CharField(max_length=16, choices=Zone, default=Zone.INTERNAL)

    def __str__(self) -> str:
        return self.name


class Loan(models.Model):
    """Who holds a stick, from when, due when."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    stick = models.ForeignKey(Stick, models.PROTECT)
    user = models.ForeignKey(User, models.PROTECT)
    since_ms = models.BigIntegerField()
    due_ms = models.BigIntegerField(null=True)
    returned_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        constraints = (
            models.UniqueConstraint(
                fields=["stick"], condition=models.Q(returned_ms=None), name="one_open_loan_a_stick"
            ),
        )
        indexes = (
            models.Index(fields=["organisation", "due_ms"], condition=models.Q(returned_ms=None), name="loan_due"),
        )

    def __str__(self) -> str:
        return self.id


class Gateway(models.Model):
    """The office's VPN gateway, with the pool from which sessions get their inner addresses."""

    class State(models.TextChoices):
        """Whether new leases go to it."""

        ACTIVE = "active"
        GONE = "gone"

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(max_length=200)
    identity_key = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    pool = models.CharField(max_length=18)
    """IPv4 network of the inner addresses, /18 of 100.64.0.0/10 by default."""
    next_address = models.BigIntegerField(default=0)
    """Where the search for a free address goes on, as an offset into the pool."""
    position = models.PositiveSmallIntegerField(default=0)
    draining = models.BooleanField(default=False)
    """Before maintenance: no new session comes to it, those that it has go on."""
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    revision = models.BigIntegerField(default=0)

    class Meta:
        """What the database keeps by itself."""

        ordering = (
            "position",
            "id",
        )
        indexes = (models.Index(fields=["organisation", "revision"], name="gateway_revision"),)

    def __str__(self) -> str:
        return self.name
