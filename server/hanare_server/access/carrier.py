"""Whether homes that let no UDP out may come by the carrier on TCP 443: one setting of the whole organisation.

Off leaves the gateways' TCP 443 silent, for connections that stand as well. Closing takes one person; opening a port to
the internet takes two (`hanare_server.approvals.loosening`).
"""

from hanare_server.access.act import OpenAct, act
from hanare_server.audit.log import Act, Actor, Thing


def close(organisation: str, actor: Actor) -> None:
    """Close the carrier at once; closing what is closed changes nothing."""
    with act(organisation, actor) as opened:
        switch(opened, on=False)


def switch(opened: OpenAct, *, on: bool) -> None:
    """Open or close it inside an act; what is so already is not written."""
    if opened.organisation.carrier == on:
        return
    opened.organisation.carrier = on
    opened.touch_organisation()
    opened.write(Act.CARRIER_ON if on else Act.CARRIER_OFF, Thing("organisation", opened.organisation.id))
