"""The My Number zone (R10): no PC of it is ever reached, not even by an administrator alone.

What counts is the PC, not the row: an address that a row of this zone has is closed to every other row, on whatever
port. So such a row keeps its zone and its address, until two people have taken it out of the zone (`leave`).
"""

from collections.abc import Mapping
from typing import Any

from hanare_core.problems import Code, Problem
from hanare_server.access.act import OpenAct
from hanare_server.audit.log import Act, Thing
from hanare_server.directory.models import OfficePC, Organisation

ZONE = OfficePC.Zone.MYNUMBER


def addresses_of(organisation: str) -> set[str]:
    """Return every address that is closed in the organisation."""
    closed = OfficePC.objects.filter(organisation=organisation, zone=ZONE)
    return set(closed.values_list("address", flat=True))


def is_closed(organisation: str, address: str) -> bool:
    """Return whether a row of the zone has this address."""
    return OfficePC.objects.filter(organisation=organisation, zone=ZONE, address=address).exists()


def standing_of(organisation: Organisation, what: Mapping[str, Any]) -> list[str | int]:
    """Return name, address, port and zone of what is to leave; raises Problem(NOT_FOUND, CONFLICT, MALFORMED)."""
    row = OfficePC.objects.filter(organisation=organisation, pk=what["office_pc"]).first()
    if row is None:
        raise Problem(Code.NOT_FOUND)
    if row.zone != ZONE:
        raise Problem(Code.CONFLICT, detail={"zone": row.zone})
    if what["zone"] not in OfficePC.Zone.values or what["zone"] == ZONE:
        raise Problem(Code.MALFORMED, detail={"path": "zone"})
    return [row.name, row.address, row.port, row.zone]


def leave(opened: OpenAct, what: Mapping[str, Any]) -> None:
    """Take the PC out of the zone; it belongs to nobody still."""
    row = OfficePC.objects.get(organisation=opened.organisation, pk=what["office_pc"])
    detail = {"zone": f"{row.zone} → {what['zone']}"}
    row.zone = what["zone"]
    row.save(update_fields=["zone"])
    opened.write(Act.CHANGED, Thing("office-pc", row.pk), detail)
