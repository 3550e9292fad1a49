"""Where a button leads back to: the page that it was pressed on, if that is one of ours."""

from typing import Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

OURS: Final = "/console/"
"""Below it are the pages of the console, and nothing else."""


def is_ours(address: str | None) -> bool:
    """Return whether one may be led there: a path of our own pages, on this very host."""
    return str(address).startswith(OURS) and url_has_allowed_host_and_scheme(address, None)


def address_of(request: HttpRequest, otherwise: str) -> str:
    """Return the `next` of form or address, or that page when it is missing or leads anywhere else."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_ours(wanted) else reverse(otherwise)
