"""What the acts of the API share: an identifier in the path, and the account as the audit log names it."""

from typing import Annotated

from ninja import Path

from hanare_server.api.shapes import Id
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console.models import Administrator

Identifier = Annotated[Id, Path()]


def actor(account: Administrator) -> Actor:
    """Return who acts."""
    return Actor(ActorKind.ADMINISTRATOR, account.pk)
