"""Carries out what the lease table asks, removals first, and looks at what the kernel holds."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from hanare_core.kernel import (
    AddPeer,
    Counted,
    KernelFacts,
    Operation,
    RemoveElements,
    RemovePeer,
    SetCarrier,
    SetElements,
)
from hanare_gateway.addresses import lead_into_tunnel
from hanare_gateway.allow_set import AllowSet
from hanare_gateway.firewall import Firewall
from hanare_gateway.kernel import KernelWireguard
from hanare_gateway.ruleset import ruleset
from hanare_gateway.settings import Settings, read_secret
from hanare_gateway.uapi import UapiWireguard
from hanare_gateway.wireguard import Wireguard


class Kernel:
    """The gateway's data plane: one WireGuard interface and one nftables table."""

    def __init__(self, settings: Settings, *, carrier: bool) -> None:
        self._settings = settings
        self._carrier = carrier
        self._private_key = read_secret(settings.wireguard.private_key)
        self._wireguard = _wireguard(settings)
        self._firewall = Firewall()
        self._peers = threading.Lock()
        self.changes = 0
        """Grows with every change, so that a look taken meanwhile is known to be old."""

    def prepare(self) -> None:
        """Put ruleset, interface, routes in force, in this order; what is in force already is not touched."""
        self._firewall.apply(ruleset(self._settings, carrier=self._carrier))
        self._wireguard.configure(self._private_key, self._settings.wireguard.ports[0])
        lead_into_tunnel(self._settings)

    def carry_out(self, operations: Sequence[Operation]) -> list[Counted]:
        """Carry out the operations and return what ended elements had counted; raise KernelError when one fails."""
        if not operations:
            return []
        self.changes += 1
        counted = self._firewall.remove([one for one in operations if isinstance(one, RemoveElements)])
        self._change_peers(operations)
        self._switch_carrier(operations)
        return counted + self._firewall.set([one for one in operations if isinstance(one, SetElements)])

    async def admit(self, operations: Sequence[Operation]) -> list[Counted]:
        """Carry out removals, and add peers beside everything else; no elements, which a stop might overtake."""
        self.changes += 1
        counted = self._firewall.remove([one for one in operations if isinstance(one, RemoveElements)])
        await asyncio.to_thread(self._change_peers, operations)
        return counted

    def _change_peers(self, operations: Sequence[Operation]) -> None:
        changed = [one for one in operations if isinstance(one, AddPeer | RemovePeer)]
        if changed:
            with self._peers:
                self._wireguard.change(changed)

    def _switch_carrier(self, operations: Sequence[Operation]) -> None:
        for one in operations:
            if isinstance(one, SetCarrier):
                self._carrier = one.on
                self._firewall.apply(ruleset(self._settings, carrier=self._carrier))


def reader(settings: Settings) -> Callable[[], KernelFacts]:
    """Return a function that looks at the kernel by connections of its own, so another thread may call it.

    WireGuard is asked first: wireguard-go makes its answer while nftables' is read.
    """
    wireguard, allowed = _wireguard(settings), AllowSet()

    def look() -> KernelFacts:
        peers = wireguard.ask_peers()
        elements, tried = allowed.elements(), allowed.tried()
        return KernelFacts(peers=peers(), elements=elements, tried=tried)

    return look


def _wireguard(settings: Settings) -> Wireguard:
    chosen = settings.wireguard
    if chosen.driver == "kernel":
        return KernelWireguard(chosen.interface)
    return UapiWireguard(chosen.uapi_socket or f"/run/wireguard/{chosen.interface}.sock")
