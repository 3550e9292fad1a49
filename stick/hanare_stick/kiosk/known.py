"""What the stick's own files tell before the agent does, so that the first page is the tour or the sign-in.

The image copies them to where the kiosk may read, before systemd is there (`/usr/lib/hanare/known`); nothing is secret.
Without them the first page says that the stick is starting.
"""

from pathlib import Path
from typing import Final

from hanare_core import site, wire
from hanare_core.problems import Problem
from hanare_core.site import Site
from hanare_stick import remembered
from hanare_stick.control_messages import Office

FOLDER: Final = Path("/run/hanare-known")


def office(folder: Path = FOLDER) -> Office | None:
    """Return what may be shown of the office, or None where nothing is known; the agent's own word replaces it."""
    try:
        told = wire.decode((folder / site.SITE_FILE).read_bytes(), Site)
    except (OSError, Problem):
        return None
    kept = remembered.read(folder)
    return Office(
        organisation=told.organisation_name,
        help_desk=told.help_desk,
        user=kept.user,
        language=kept.language or "ja",
        keyboard=kept.keyboard or "jis",
        tour_seen=kept.tour_seen,
    )
