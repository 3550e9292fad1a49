"""Draining a gateway before maintenance: it gets no new session, and those that it has go on to their own end."""

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.audit.log import Act, Actor, Thing
from hanare_server.directory.models import Gateway


def set_draining(organisation: str, actor: Actor, identifier: str, *, draining: bool) -> int:
    """Begin or end it; return how many gateways take new sessions then. Raises Problem(NOT_FOUND).

    What holds already changes nothing and is answered alike.
    """
    with act(organisation, actor) as opened:
        active = Gateway.objects.filter(organisation=organisation, state=Gateway.State.ACTIVE)
        gateway = active.filter(pk=identifier).first()
        if gateway is None:
            raise Problem(Code.NOT_FOUND)
        if gateway.draining != draining:
            gateway.draining = draining
            gateway.save(update_fields=["draining"])
            opened.write(Act.DRAINED if draining else Act.DRAIN_ENDED, Thing("gateway", identifier))
        return active.filter(draining=False).count()
