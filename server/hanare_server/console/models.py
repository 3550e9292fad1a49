"""Console accounts."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from hanare_server.console.roles import OF_A_PERSON, Permission, Role, may
from hanare_server.directory.models import Department, Organisation, id_field


class Administrators(BaseUserManager["Administrator"]):
    """Finds an account by the name that its owner types."""

    def get_by_natural_key(self, username: str | None) -> "Administrator":
        """Return the account of that name; raise Administrator.DoesNotExist."""
        return self.get(name=(username or "").strip().casefold())


class Administrator(AbstractBaseUser):
    """A console account of one organisation, of one natural person."""

    id = id_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(max_length=64, unique=True)
    person = models.CharField(max_length=64, blank=True)
    """Staff number of the natural person: two accounts of one person do not approve each other's requests."""
    mail = models.EmailField(blank=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    departments = models.ManyToManyField(Department, blank=True)
    """Whose rows a department contact sees; nothing for the other roles."""
    is_active = models.BooleanField(default=True)
    first_password_until_ms = models.BigIntegerField(null=True, blank=True)
    """End of a password that somebody else has read; null once the owner has chosen one."""
    sealed_until_ms = models.BigIntegerField(null=True, blank=True)
    """Only of the account that a sealed code opens: its end, whatever its sessions say (`hanare_server.emergency`)."""
    sign_in_epoch = models.PositiveIntegerField(default=0)
    """Raised to end every session of the account at once."""

    second_factor: bool = False
    """Whether it has one; only known of the account of a session (`hanare_server.console.first_password`)."""

    only_reads: bool = False
    """Whether its request changes nothing; `hanare_server.console.guard` says so."""

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Administrators] = Administrators()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._visited: Organisation | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_sealed(self) -> bool:
        """Whether a sealed code opened this account: it is nobody's own, and never a second person."""
        return self.sealed_until_ms is not None

    def may(self, permission: Permission) -> bool:
        """Return whether the account has the permission: its role's, and of a sealed code's account not all of them."""
        return may(self.role, permission) and not (self.is_sealed and permission in OF_A_PERSON)

    @property
    def here(self) -> Organisation:
        """The organisation whose pages the account looks at: its own; for the provider the one it has chosen."""
        return self._visited or self.organisation

    def visit(self, organisation: Organisation) -> None:
        """Look at another organisation during this request; only `hanare_server.console.guard` may ask for it."""
        self._visited = organisation

    def get_session_auth_hash(self) -> str:
        """Return what a session is bound to: a change of password, role or standing ends it at its next request."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Any:
        """Yield the hashes of former secrets, for their rotation."""
        from django.conf import settings  # noqa: PLC0415 as Django's own model does it

        for former in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(former)

    def _session_hash(self, secret: str | bytes | None) -> str:
        bound = "\n".join((self.password, self.role, str(self.sign_in_epoch), self.organisation_id))
        return salted_hmac("hanare.console.session", bound, secret=secret, algorithm="sha256").hexdigest()
