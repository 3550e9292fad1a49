"""One named web application that a profile permits: where it begins and which hosts belong to it."""

from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from hanare_core import wire

HOSTS: Final = 16
"""Hosts of one application: a SaaS needs its own, its sign-in's and its static files'. Bounds the stick's answer."""

HOST_CHARACTERS: Final = 100
"""Far longer than any SaaS's host; 12 applications of 16 hosts stay under a third of a message."""

URL_CHARACTERS: Final = 256
NAME_CHARACTERS: Final = 40
"""What a tile can show."""

_ANY_BELOW: Final = "*."

Host = Annotated[
    str,
    msgspec.Meta(
        max_length=HOST_CHARACTERS,
        pattern=r"^(\*\.)?[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))+\Z",
    ),
]
"""A host name in lower case, exactly (`chat.example.jp`), or every host below it (`*.example.jp`)."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class WebApplication(wire.Message, frozen=True):
    """What one tile opens, and the only hosts that resolve while it is open."""

    id: wire.Id
    name_ja: Name
    name_en: Name
    url: Annotated[str, msgspec.Meta(max_length=URL_CHARACTERS, pattern=r"^https://[^\s\x00-\x1f\x7f]+\Z")]
    hosts: Annotated[tuple[Host, ...], msgspec.Meta(min_length=1, max_length=HOSTS)]

    def __post_init__(self) -> None:
        """Refuse a first page that its own hosts do not cover, and one that carries a password or another port."""
        parts = urlsplit(self.url)
        if parts.netloc != parts.hostname:
            raise ValueError("url: a plain host in lower case, without user or port")
        if not self.permits(parts.hostname):
            raise ValueError("url: its host is none of the hosts")

    def permits(self, host: str) -> bool:
        """Tell whether this host name (lower case, no final dot) belongs to the application."""
        return any(_matches(host, pattern) for pattern in self.hosts)


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith(_ANY_BELOW):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern
