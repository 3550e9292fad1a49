"""Profiles that come with Hanare: what two documents ask for, to be taken over and adapted.

総務省LGWAN (LGWAN接続系のテレワークセキュリティ要件, 2020-08): second factor, PIN of letters and digits, the stick's
holder only, LGWAN zone only, an early lock. NIST (SP 800-63B-4, AAL2): length and blocklist, no composition.
"""

from collections.abc import Mapping
from typing import Any, Final

from hanare_core.profile import Standard
from hanare_server.profiles.requirements import LGWAN_PIN_CHARACTERS, NIST_PIN_CHARACTERS

Fields = Mapping[str, Any]

LGWAN: Final[Fields] = {
    "standard": "lgwan",
    "second_factor": "any",
    "pin_characters": LGWAN_PIN_CHARACTERS,
    "pin_composition": True,
    "loan_rule": "holder",
    "zones": ["lgwan"],
    "vm_allowed": False,
    "grace_ms": 0,
    "idle_lock_minutes": 5,
    "idle_end_minutes": 30,
    "name_remembered": False,
    "pull_out": "lock",
    "microphone": False,
    "watermark": True,
    "overdue_suspends": True,
}

NIST: Final[Fields] = {
    "standard": "nist",
    "second_factor": "any",
    "pin_characters": NIST_PIN_CHARACTERS,
    "pin_composition": False,
    "idle_lock_minutes": 10,
    "idle_end_minutes": 30,
    "watermark": True,
}

READY_MADE: Final[Mapping[Standard, tuple[str, Fields]]] = {
    Standard.LGWAN: ("総務省LGWAN", LGWAN),
    Standard.NIST: ("NIST", NIST),
}
