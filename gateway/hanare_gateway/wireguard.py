"""What the agent needs of a WireGuard interface, whatever serves it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from hanare_core.kernel import AddPeer, PeerFact, RemovePeer


class Wireguard(Protocol):
    """One WireGuard interface. Keys are base64url; every method raises KernelError when the interface fails."""

    def configure(self, private_key: bytes, port: int) -> None:
        """Give the interface its key and port, touching neither where it has them already."""

    def change(self, operations: Sequence[AddPeer | RemovePeer]) -> None:
        """Add and remove peers, in order."""

    def peers(self) -> Mapping[str, PeerFact]:
        """Return every peer that the interface holds, by its key."""
