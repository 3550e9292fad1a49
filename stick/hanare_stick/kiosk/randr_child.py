"""`python -m hanare_stick.kiosk.randr_child PLACES`: declares the monitors in a process of its own, that can be killed.

Xlib waits for an X server that hangs without a bound. Ends with 0 when the monitors stand.
"""

import sys
import time
from typing import Final

import msgspec

from hanare_stick.kiosk import randr
from hanare_stick.kiosk.randr import Place

LOOK_S: Final = 0.05
LOOKS: Final = 100
"""Five seconds until Xwayland knows a monitor that the compositor has."""

Places = list[tuple[Place, Place]]


def command(places: Places) -> list[str]:
    """Return what starts it for these monitors (`randr.declare`)."""
    return [sys.executable, "-m", "hanare_stick.kiosk.randr_child", msgspec.json.encode(places).decode()]


def main() -> int:
    """Declare them as soon as Xwayland knows them."""
    places = msgspec.json.decode(sys.argv[1], type=Places)
    for _ in range(LOOKS):
        if _declared(places):
            return 0
        time.sleep(LOOK_S)
    return 1


def _declared(places: Places) -> bool:
    try:
        return randr.declare(places)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
