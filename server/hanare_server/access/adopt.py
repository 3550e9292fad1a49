"""Takes over what gateways keep and this database does not know: kills at a gateway, and what a restored backup lost.

A gateway keeps the epoch and everything that is halted on its disk. What it holds in a later epoch than this database's
row is suspended here by the same stop as any other, with an audit row that names the gateway and the epoch; then the
epoch lies above all gateways', and they accept new sessions again. Until then they only obey stops.

A gateway that claims an epoch far above ours is not believed, in nothing: one that was broken into could otherwise
drive the epoch to where no message can say the next one, and end every session of the office for good.
"""

import logging
from collections.abc import Mapping
from typing import Final

from hanare_core import log_lines
from hanare_core.messages.gateway import Halt as KeptHalt
from hanare_core.messages.gateway import Kept
from hanare_core.problems import Code, Problem
from hanare_server.access import suspend
from hanare_server.access.act import act
from hanare_server.access.models import Halt
from hanare_server.access.standing import Kind
from hanare_server.audit.log import Act, Actor, ActorKind, Thing
from hanare_server.audit.models import AuditRow
from hanare_server.clock import DAY_MS, now_ms
from hanare_server.directory.models import Organisation

EPOCH_STEP: Final = 1_000_000
"""So far above ours a gateway's epoch may be: each stop or resume adds one, and no backup is older than that."""


_log: Final = logging.getLogger(__name__)


def adopt(organisation: Organisation, kept: Mapping[str, Kept]) -> int:
    """Suspend what the gateways keep halted and raise the epoch above theirs; return how much was taken over."""
    done = 0
    for gateway, one in kept.items():
        actor = Actor(ActorKind.SYSTEM, gateway)
        if max([one.epoch, *(halt.epoch for halt in one.halts)]) > _epoch(organisation.id) + EPOCH_STEP:
            _refuse(organisation.id, actor, one)
            continue
        _raise_epoch(organisation.id, actor, one.epoch)
        for halt in one.halts:
            done += _adopt(organisation.id, actor, halt)
    return done


def _adopt(organisation: str, actor: Actor, halt: KeptHalt) -> int:
    known = Halt.objects.filter(organisation=organisation, kind=halt.kind.value, identifier=halt.id).first()
    if known is not None and known.epoch >= halt.epoch:
        return 0
    try:
        suspend.stop(organisation, actor, Kind(halt.kind.value), halt.id, adopted=halt.epoch)
    except Problem as problem:
        if problem.code not in {Code.NOT_FOUND, Code.CONFLICT}:
            raise
        # The backup is older than the thing itself, or it is stopped for another reason: nothing to suspend.
        _note(organisation, actor, halt)
    log_lines.event(_log, logging.WARNING, "adopted", gateway=actor.id, kind=halt.kind.value, id=halt.id)
    return 1


def _note(organisation: str, actor: Actor, halt: KeptHalt) -> None:
    with act(organisation, actor) as opened:
        opened.raise_epoch(above=halt.epoch)
        opened.halt(halt.kind.value, halt.id, stands=True)
        opened.write(Act.SUSPENDED, Thing(halt.kind.value, halt.id), {"kept_in_epoch": str(halt.epoch)})


def _refuse(organisation: str, actor: Actor, kept: Kept) -> None:
    """Say that the gateway is not believed: in the log each time, for the administrators once a day."""
    log_lines.event(_log, logging.CRITICAL, "gateway not believed", gateway=actor.id, epoch=str(kept.epoch))
    rows = AuditRow.objects.filter(organisation=organisation, act=Act.GATEWAY_NOT_BELIEVED.value, object=actor.id)
    if rows.filter(time_ms__gt=now_ms() - DAY_MS).exists():
        return
    with act(organisation, actor) as opened:
        detail = {"epoch": str(opened.organisation.epoch), "gateway_epoch": str(kept.epoch)}
        opened.write(Act.GATEWAY_NOT_BELIEVED, Thing("gateway", actor.id), detail)


def _epoch(organisation: str) -> int:
    return Organisation.objects.values_list("epoch", flat=True).get(pk=organisation)


def _raise_epoch(organisation: str, actor: Actor, epoch: int) -> None:
    """Leave the gateway's epoch behind; where it is the later one this database was set back, and that is audited."""
    if _epoch(organisation) >= epoch:
        return
    with act(organisation, actor) as opened:
        before = opened.organisation.epoch
        opened.raise_epoch(above=epoch)
        opened.write(
            Act.SET_BACK, Thing("organisation", organisation), {"epoch": str(before), "gateway_epoch": str(epoch)}
        )
