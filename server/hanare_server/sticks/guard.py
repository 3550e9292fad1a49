"""Which stick is speaking, and may it be heard.

The source must be the door address of the stick's key at a gateway of its organisation: WireGuard lets nobody else use
it. A stick that is
suspended, quarantined or locked is told so and nothing it sent is evaluated.
"""

import ipaddress

from hanare_core.door import door_address
from hanare_core.problems import Code, Problem
from hanare_server.access.decision import stick_standing
from hanare_server.directory.models import Gateway, Organisation, Stick


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
    if stick is None or stick.state in Stick.RETIRED:
        raise Problem(Code.STICK_UNKNOWN)
    if door_gateway(stick.organisation_id, stick.door_key, source) is None:
        raise Problem(Code.NOT_AUTHENTIC, detail={"path": "source"})
    return stick


def door_gateway(organisation: str, door_key: str, source: str) -> str | None:
    """Return the organisation's gateway at which the door of this key has this address; None: it is not its door."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return None
    standing = Gateway.objects.filter(organisation=organisation, state=Gateway.State.ACTIVE)
    names = standing.values_list("pk", flat=True)
    return next((name for name in names if door_address(door_key, name) == address), None)
