"""A stick whose own partition cannot be read: its screen says so and offers to switch off; nothing else is done."""

import time
from pathlib import Path

from hanare_core import site as names
from hanare_core import wire
from hanare_core.problems import Code, Problem
from hanare_core.site import Site
from hanare_stick import control_messages as control
from hanare_stick import power
from hanare_stick.control import Control, Listener
from hanare_stick.settings import Settings


async def serve(settings: Settings) -> None:
    """Tell every screen, until cancelled."""
    folder = Path(settings.run)
    power.make_folder(folder, settings.kiosk.gid)
    organisation, help_desk = _office(Path(settings.device))
    said = control.refused(Problem(Code.STICK_DAMAGED), at_ns=time.monotonic_ns(), help_desk=help_desk)
    told = (control.Office(organisation=organisation, help_desk=help_desk), said)
    listener = Listener(_asked, lambda: told, _nothing)
    await Control(folder, (settings.kiosk.uid, settings.kiosk.gid), listener).serve()


async def _asked(request: control.AnyRequest) -> None:
    if isinstance(request, control.PowerOff):
        await power.off()


def _nothing() -> None:
    """Without a session a screen may leave as it likes."""


def _office(folder: Path) -> tuple[str, str]:
    """Return the office's name and its help desk's number, as far as they can still be read."""
    try:
        site = wire.decode((folder / names.SITE_FILE).read_bytes(), Site)
    except (OSError, Problem):
        return "", ""
    return site.organisation_name, site.help_desk
