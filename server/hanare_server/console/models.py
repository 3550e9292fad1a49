"""Console accounts."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from hanare_server.directory.models import Organisation, id_field


class Administrators(BaseUserManager["Administrator"]):
    """Finds an account by the name that its owner types."""

    def get_by_natural_key(self, username: str | None) -> "Administrator":
        """Return the account of that name; raise Administrator.DoesNotExist."""
        return self.get(name=(username or "").strip().casefold())


class Administrator(AbstractBaseUser):
    """A console account of one organisation."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(max_length=64, unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Administrators] = Administrators()

    def __str__(self) -> str:
        return self.name
