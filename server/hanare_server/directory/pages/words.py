"""The words of standings, kinds and zones for people, and the colour of a standing."""

from typing import Final

from django.utils.translation import gettext_lazy

STATES: Final = {
    "active": gettext_lazy("Active"),
    "gone": gettext_lazy("Left"),
    "locked": gettext_lazy("Locked"),
    "quarantined": gettext_lazy("Quarantined"),
    "replaced": gettext_lazy("Replaced"),
    "revoked": gettext_lazy("Revoked"),
    "suspended": gettext_lazy("Suspended"),
}

TONES: Final = {"active": "green", "suspended": "red", "quarantined": "orange", "locked": "orange"}
"""Colours of badges; every other standing is grey."""

KINDS: Final = {"windows": "Windows", "xrdp": "Linux (xrdp)"}

ZONES: Final = {
    "internal": gettext_lazy("Internal"),
    "internet": gettext_lazy("Internet zone"),
    "lgwan": gettext_lazy("LGWAN zone"),
    "mynumber": gettext_lazy("My Number zone: never reachable"),
}
