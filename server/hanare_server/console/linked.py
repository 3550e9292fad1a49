"""Which other systems may open an account, and as whom, as the account's own page shows it."""

from typing import Any, Final, NamedTuple

from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from hanare_server.console import identities
from hanare_server.console.models import Administrator
from hanare_server.ldap_directory import offered

_PERSON: Final = ("preferred_username", "name", "email", "sub")
"""What a system of OpenID Connect may call a person, the best first (OpenID Connect Core 1.0, 5.1)."""


class Way(NamedTuple):
    """Another system: its name, where one links it, and what is linked already."""

    name: str
    link: str
    """Empty: the system is not offered any more."""
    by_form: bool
    """Whether linking begins by a form; else by a page."""
    linked: list[tuple[int, str]]
    """(key, person there)"""


def ways(account: Administrator) -> list[Way]:
    """Return every system that is offered or linked, in one query."""
    linked: dict[str, list[tuple[int, str]]] = {}
    for row in SocialAccount.objects.filter(user=account).order_by("pk"):
        linked.setdefault(row.provider, []).append((row.pk, _person(row)))
    found = [
        Way(name, reverse("openid_connect_login", args=[word]), by_form=True, linked=linked.pop(word, []))
        for word, name in identities.offered()
    ]
    directory = offered.of(account.organisation_id)
    if directory is not None:
        there = linked.pop(f"ldap-{directory.id}", [])
        found.append(Way(directory.name, reverse("directory_link"), by_form=False, linked=there))
    return found + [Way(word, "", by_form=False, linked=there) for word, there in linked.items()]


def _person(row: SocialAccount) -> str:
    told: dict[str, Any] = row.extra_data.get("userinfo") or row.extra_data.get("id_token") or row.extra_data
    return next((str(told[name]) for name in _PERSON if told.get(name)), row.uid)
