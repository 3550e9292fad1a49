"""Which directory an organisation has, by the server's settings."""

from django.conf import settings

from hanare_server.config import Directory


def of(organisation: str) -> Directory | None:
    """Return the directory of that organisation."""
    return next((one for one in settings.HANARE.directories if one.organisation == organisation), None)
