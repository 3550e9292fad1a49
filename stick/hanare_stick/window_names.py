"""By what name a screen knows the windows of desktop and web applications."""

from typing import Final

DESKTOP: Final = "xfreerdp"
"""The class of FreeRDP's window; its `/wm-class` changes nothing in 3.15."""

PORTAL: Final = "portal"
"""The browser's profile in which a network's own sign-in page is shown."""


def belongs(name: str, application: str) -> bool:
    """Tell whether a window of this name is the application's, or (empty) the desktop's.

    Chromium puts its profile's name, which is the application's id, at the end.
    """
    return name.endswith(f"-{application}") if application else name == DESKTOP
