"""Is this PC's clock right? A certificate that begins tomorrow is refused today, and an office PC's clock is Windows'.

The server says what time it is, over TLS that trusts its one certificate. On a PC that is nothing but a kitting station
the clock is set by that; anywhere else the person is told.
"""

import time
from datetime import UTC, datetime
from typing import Final

from hanare_image import registration
from hanare_image.device import BACKDATE_MS
from hanare_image.kit.contents import Contents
from hanare_image.texts import refused

TOLERATED_S: Final = BACKDATE_MS / 1000 / 2
"""Half of what certificates are dated back by."""


def check(contents: Contents, *, may_set: bool) -> None:
    """Ask the server for the time, and set ours if it is wrong; raise KittingError, also when the server is silent."""
    theirs = registration.server_time(contents.server, contents.site)
    if abs(theirs - time.time()) <= TOLERATED_S:
        return
    if not may_set:
        ours = datetime.now(UTC)
        raise refused(
            "clock", ours=f"{ours:%Y-%m-%d %H:%M}", theirs=f"{datetime.fromtimestamp(theirs, UTC):%Y-%m-%d %H:%M}"
        )
    time.clock_settime(time.CLOCK_REALTIME, theirs)
