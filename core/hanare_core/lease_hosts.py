"""Which names each living session may open through the gateway's proxy, kept as they change.

At ten thousand sessions nobody goes through all of them because one has come or gone.
"""

from hanare_core.messages.gateway import Lease


class Hosts:
    """Names by the session's inner address; a session without any is not in it."""

    def __init__(self) -> None:
        self.table: dict[str, tuple[str, ...]] = {}
        self.changes = 0
        """Grows whenever the table is another."""

    def let(self, address: str, lease: Lease) -> None:
        """Let the session at this address open what its lease names."""
        hosts = tuple(host for target in lease.targets for host in target.hosts)
        if not hosts:
            self.forbid(address)
        elif self.table.get(address) != hosts:
            self.table[address] = hosts
            self.changes += 1

    def forbid(self, address: str) -> None:
        """Let nothing be opened from this address."""
        if self.table.pop(address, None) is not None:
            self.changes += 1
