"""What the agent needs of a WireGuard interface, whatever serves it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hanare_core.kernel import AddPeer, PeerFact, RemovePeer


class Wireguard(Protocol):
    """One WireGuard interface. Keys are base64url; every method raises KernelError when the interface fails."""

    def configure(self, private_key: bytes, port: int) -> None:
        """Give the interface its key and port, touching neither where it has them already."""

    def change(self, operations: Sequence[AddPeer | RemovePeer]) -> None:
        """Add and remove peers, in order."""

    def ask_peers(self) -> Callable[[], Mapping[str, PeerFact]]:
        """Ask for every peer that the interface holds; what is returned gives them by their keys.

        In between, something else may be read; the next question may be asked whether this answer was read or not.
        """
