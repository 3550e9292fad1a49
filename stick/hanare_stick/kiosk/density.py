"""How large things are drawn on a screen with fine pixels, in per cent: for the bar, and for the office PC's desktop.

Windows takes a desktop scale from 100 to 500 (MS-RDPBCGR 2.2.1.3.2) and offers these steps itself. A laptop is
looked at from nearer than the monitor that 96 pixels an inch stand for, so it gets less than its density says.
"""

from typing import Final

STEPS: Final = (100, 125, 150, 175, 200, 225, 250, 300)
PLAIN_DPI: Final = 96
NEARER: Final = 0.9
MM_AN_INCH: Final = 25.4

CREDIBLE_MM: Final = range(100, 3000)
"""A monitor that tells another width tells nonsense: projectors say 0, some televisions 16 (for 16:9)."""


def scale(pixels: int, millimetres: int) -> int:
    """Return the scale for a screen of this width; 100 when nobody knows how wide it is."""
    if millimetres not in CREDIBLE_MM:
        return STEPS[0]
    wanted = 100 * NEARER * pixels * MM_AN_INCH / millimetres / PLAIN_DPI
    return max((step for step in STEPS if step <= wanted), default=STEPS[0])
