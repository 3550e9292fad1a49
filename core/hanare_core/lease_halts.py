"""What is suspended, as a gateway keeps it: nothing that was halted works again before a later epoch resumes it.

Each thing has one entry, and the later epoch counts, so a server that was set back to an older backup revives nothing:
what it does not know is kept here, enforced, and told to it until it has made it its own. Limits: no ticket names a
department, so which one a lease belongs to is the server's word.
"""

from collections.abc import Iterable

from hanare_core.admission import SessionPeer
from hanare_core.messages.gateway import Halt, HaltKind, Lease, State

Key = tuple[HaltKind, str]


class Halts:
    """Halts by kind and id."""

    def __init__(self, kept: Iterable[Halt] = ()) -> None:
        self._kept: dict[Key, Halt] = {(halt.kind, halt.id): halt for halt in kept}
        self._untold: set[Key] = set(self._kept)

    def take_all(self, told: Iterable[Halt]) -> list[Halt]:
        """Take in everything that the hub knows: what it does not list it has lost."""
        self._untold = set(self._kept)
        return self.take(told)

    def take(self, told: Iterable[Halt]) -> list[Halt]:
        """Take in what the hub tells; return what is newly halted."""
        fresh: list[Halt] = []
        for halt in told:
            key = (halt.kind, halt.id)
            known = self._kept.get(key)
            if known is not None and known.epoch > halt.epoch:
                continue
            self._untold.discard(key)
            if halt.state is State.GONE:
                self._kept.pop(key, None)
            else:
                self._kept[key] = halt
                fresh += [halt] if known is None else []
        return fresh

    def halt_here(self, kind: HaltKind, name: str, epoch: int) -> Halt:
        """Halt something by the gateway's own command, in the epoch after the one that it knows."""
        halt = Halt(kind=kind, id=name, epoch=epoch + 1, state=State.PRESENT)
        self._kept[(kind, name)] = halt
        self._untold.add((kind, name))
        return halt

    def stops(self, lease: Lease, peer: SessionPeer) -> bool:
        """Say whether anything that this lease belongs to is halted."""
        return not self._kept.keys().isdisjoint(keys_of(lease, peer)) or any(
            kind is HaltKind.ORGANISATION for kind, _ in self._kept
        )

    def kept(self) -> tuple[Halt, ...]:
        """Return everything that is halted, for the disk."""
        return tuple(self._kept.values())

    def untold(self) -> tuple[Halt, ...]:
        """Return what no hub has told."""
        return tuple(self._kept[key] for key in sorted(self._untold & self._kept.keys()))


def keys_of(lease: Lease, peer: SessionPeer) -> set[Key]:
    """Return the things that a lease belongs to."""
    keys = {(HaltKind.SESSION, lease.session), (HaltKind.STICK, peer.stick), (HaltKind.USER, peer.user)}
    return keys | ({(HaltKind.DEPARTMENT, lease.department)} if lease.department else set())
