"""A re-key of the whole fleet, what each stick has asked for in it, and the gateway lists that the CA signed."""

from typing import Any

from django.db import models

from hanare_server.directory.models import KEY_CHARACTERS, Organisation, Stick, id_field


class Rekey(models.Model):
    """One round: every stick gets new keys. One at a time is open; it ends when the next one begins."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    started_ms = models.BigIntegerField()
    deadline_ms = models.BigIntegerField()
    """Sticks that have not changed their keys by then are listed; nothing is cut off."""
    ended_ms = models.BigIntegerField(null=True)

    class Meta:
        """What the database keeps by itself."""

        constraints = (
            models.UniqueConstraint(
                fields=["organisation"], condition=models.Q(ended_ms=None), name="one_open_rekey_an_organisation"
            ),
        )

    def __str__(self) -> str:
        return self.id


class Renewal(models.Model):
    """The newest keys that a stick has made, from its request to its first word through their door."""

    stick: "models.OneToOneField[Stick, Stick]" = models.OneToOneField(
        Stick, models.PROTECT, primary_key=True, related_name="renewal"
    )
    rekey: "models.ForeignKey[Any, Rekey]" = models.ForeignKey(Rekey, models.PROTECT)
    identity_key = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    door_key = models.CharField(max_length=KEY_CHARACTERS, unique=True)
    signed = models.TextField()
    """The request as the stick's old identity key signed it: the kitting station believes nothing else."""
    asked_ms = models.BigIntegerField()
    certified_ms = models.BigIntegerField(null=True)
    done_ms = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.stick)


class GatewayListRow(models.Model):
    """A gateway list as the CA signed it; sticks get the one with the highest number."""

    organisation = models.ForeignKey(Organisation, models.PROTECT)
    number = models.BigIntegerField()
    signed = models.TextField()
    imported_ms = models.BigIntegerField()

    class Meta:
        """What the database keeps by itself."""

        constraints = (models.UniqueConstraint(fields=["organisation", "number"], name="one_gateway_list_a_number"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number}"
