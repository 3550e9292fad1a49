"""Addresses of pages about one thing each: the resolver is asked once a view, not once a row of a list."""

import functools
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse

_PLACE: Final = "here"


def of(view: str, identifier: str, *before: str) -> str:
    """Return the address of a view whose last argument is the identifier; `before` are the arguments before it."""
    return f"{_before(view, *before)}{quote(identifier, safe='')}{_after(view, *before)}"


@functools.cache
def plain(view: str) -> str:
    """Return the address of a view without arguments."""
    return reverse(view)


def absolute(view: str) -> str:
    """Return the whole address of a view without arguments, for a mail: the first origin of the settings, or host."""
    origin = (
        next(iter(settings.CSRF_TRUSTED_ORIGINS), "") or f"https://{next(iter(settings.ALLOWED_HOSTS), 'localhost')}"
    )
    return f"{origin}{plain(view)}"


@functools.cache
def _before(view: str, *before: str) -> str:
    return reverse(view, args=[*before, _PLACE]).rpartition(_PLACE)[0]


@functools.cache
def _after(view: str, *before: str) -> str:
    return reverse(view, args=[*before, _PLACE]).rpartition(_PLACE)[2]
