"""What a user's PIN must and must not be.

Told to the stick only after a code or PIN was right, so it tells a stranger nothing. The words are the user's own names
and numbers, the office's, and those that the organisation adds.
"""

from collections.abc import Iterator
from typing import Final

from hanare_core import pin
from hanare_server.directory.models import Organisation, User
from hanare_server.profiles.resolve import settings_of

_SUFFIXES: Final = ("市役所", "区役所", "町役場", "村役場", "市", "区", "町", "村", "都", "道", "府", "県")
"""What a place's name may end with; the name without it is as easily guessed."""


def of(user: User) -> pin.Rules:
    """Return the rules for this user."""
    words = dict.fromkeys(word for word in _words(user) if word)
    settings = settings_of(user.organisation, user)
    return pin.Rules(
        characters=settings.pin_characters, composition=settings.pin_composition, words=tuple(words)[: pin.WORDS]
    )


def _words(user: User) -> Iterator[str]:
    organisation = user.organisation
    yield user.name
    yield from _digits(user.name)
    yield from user.full_name.split()
    yield from _place(organisation)
    yield from _digits(organisation.help_desk)
    yield from map(str, organisation.pin_words)


def _place(organisation: Organisation) -> Iterator[str]:
    yield organisation.name
    for suffix in _SUFFIXES:
        yield organisation.name.removesuffix(suffix)


def _digits(text: str) -> Iterator[str]:
    """Yield the text's digits alone: the number in a name, a telephone number."""
    yield "".join(character for character in text if character.isdigit())
