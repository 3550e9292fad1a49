"""What the frame of every page needs: the menu, and what the reader may do."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from hanare_server.console import identities, navigation
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.ldap_directory import offered


class May:
    """`{% if may.suspend %}` in a template: whether the signed-in account has that permission (`-` is `_`)."""

    def __init__(self, account: Administrator) -> None:
        self._account = account

    def __getitem__(self, name: str) -> bool:
        """Return whether the account has the permission; raises ValueError for a name that is none."""
        return self._account.may(Permission(name.replace("_", "-")))


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the context of every template."""
    user = getattr(request, "user", None)  # none yet where a middleware answers
    if not isinstance(user, Administrator):
        return {"menu": [], "account": None, "identity_providers": identities.offered()}
    return {
        "menu": SimpleLazyObject(lambda: navigation.menu(request)),  # a fragment for htmx draws none
        "account": user,
        "may": May(user),
        "identity_providers": identities.offered(),
        "directory": offered.of(user.organisation_id),
    }
