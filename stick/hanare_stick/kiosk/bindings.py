"""The keys that the compositor gives to the kiosk, whatever window has the others; what they do is `keys`' matter."""

from collections.abc import Mapping
from typing import Final

PIPE: Final = "keys"
"""In the kiosk's folder: the compositor writes each pressed key's name there, as one line."""

BINDINGS: Final[Mapping[str, str]] = {
    "menu": "C-A-Home",
    "louder": "XF86AudioRaiseVolume",
    "softer": "XF86AudioLowerVolume",
    "mute": "XF86AudioMute",
    "brighter": "XF86MonBrightnessUp",
    "darker": "XF86MonBrightnessDown",
}
"""Name: the key as labwc writes it."""
