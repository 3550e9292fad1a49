"""`python -m hanare_gateway SETTINGS.toml kill NAME`: end a session, a stick, a user, or `all`, without the server.

The agent is asked first. When none answers, the elements are taken out of the kernel here, and what was killed is
written into the state file: an agent that starts again enforces it and reports it. A frozen agent must be ended before
it goes on: it would put the elements back. Either way it is for ever: only the server's own resume lets a stick or user
in again.
"""

import sys

from hanare_core.kernel import RemoveElements
from hanare_core.lease_standing import EVERYTHING
from hanare_core.messages.gateway import Halt, HaltKind, State
from hanare_gateway import local
from hanare_gateway.firewall import Firewall
from hanare_gateway.roster import Line, Roster
from hanare_gateway.settings import Settings
from hanare_gateway.state import Kept, StateFile

UNKNOWN = 1
"""Exit status: nothing is called so."""


def kill(settings: Settings, name: str) -> int:
    """Kill by the agent, else in the kernel; say what was done and return the exit status."""
    ended = local.ask(settings, name)
    by = "agent"
    if ended is None:
        ended, by = _in_kernel(settings, name), "kernel"
    if ended < 0:
        sys.stderr.write(f"{name}: no session, stick or user here is called so\n")
        return UNKNOWN
    sys.stdout.write(f"{name}: {ended} lease(s) ended by the {by}; the server hears of it at the next contact\n")
    return 0


def _in_kernel(settings: Settings, name: str) -> int:
    lines = [line for line in Roster(settings).read() if name in (EVERYTHING, line.lease, *line.names)]
    if not lines and name != EVERYTHING:
        return -1
    Firewall().remove([RemoveElements(line.lease, line.elements) for line in lines])
    state = StateFile(settings.state)
    kept = state.kept
    halts = {(halt.kind, halt.id): halt for halt in kept.halts}
    for kind, one in _halted(lines, name):
        halts[(kind, one)] = Halt(kind=kind, id=one, epoch=kept.epoch + 1, state=State.PRESENT)
    state.keep(Kept(kept.epoch, kept.revoked, tuple(halts.values())))
    return len(lines)


def _halted(lines: list[Line], name: str) -> set[tuple[HaltKind, str]]:
    """Return what is halted: every session that ended, and the stick or user that was named."""
    found = set()
    for line in lines:
        session, stick, user = line.names
        named = {stick: HaltKind.STICK, user: HaltKind.USER}.get(name)
        found.add((HaltKind.SESSION, session) if named is None else (named, name))
    return found
