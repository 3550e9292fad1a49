"""Which stick is speaking, and may it be heard.

The source must be the door address of the stick's key: WireGuard lets nobody else use it. A stick that is
suspended, quarantined or locked is told so and nothing it sent is evaluated.
"""

import ipaddress

from hanare_core.door import door_address
from hanare_core.problems import Code, Problem
from hanare_server.access.decision import stick_standing
from hanare_server.directory.models import Organisation, Stick


def heard_stick(identifier: str, source: str) -> Stick:
    """Return the stick if it may be heard now; raises the Problem of its standing."""
    stick = known_stick(identifier, source)
    refuse_standing(stick)
    return stick


def refuse_standing(stick: Stick) -> None:
    """Raise the Problem of the stick's or its organisation's standing, if it has one."""
    code = stick_standing(stick.state)
    if code is not None:
        raise Problem(code)
    if stick.organisation.state != Organisation.State.ON:
        raise Problem(Code.ORGANISATION_OFF)


def known_stick(identifier: str, source: str) -> Stick:
    """Return the stick that speaks from its own door; raises Problem(STICK_UNKNOWN or NOT_AUTHENTIC)."""
    stick = Stick.objects.select_related("organisation", "department").filter(pk=identifier).first()
    if stick is None or stick.state in (Stick.State.REVOKED, Stick.State.REPLACED):
        raise Problem(Code.STICK_UNKNOWN)
    if not speaks_from(source, stick.door_key):
        raise Problem(Code.NOT_AUTHENTIC, detail={"path": "source"})
    return stick


def speaks_from(source: str, door_key: str) -> bool:
    """Say whether the source is the door of this key."""
    try:
        return ipaddress.ip_address(source) == door_address(door_key)
    except ValueError:
        return False
