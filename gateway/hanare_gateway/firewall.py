"""nftables by libnftables, in process: the ruleset, and the elements of the allow set.

Every change is one kernel transaction. A renewal destroys and adds an element together, because a plain add refreshes
no timeout. Living counters are read by `allow_set`, final ones by `removals`.
"""

from collections.abc import Sequence
from typing import Final

import nftables

from hanare_core.kernel import Counted, Element, ElementFact, RemoveElements, SetElements
from hanare_gateway.clock import mono_ms
from hanare_gateway.errors import KernelError
from hanare_gateway.names import ALLOW, NAME, SET
from hanare_gateway.removals import Removals

_CHUNK: Final = 400
"""Elements in one transaction: keeps a netlink message well below the socket's buffer."""


class Firewall:
    """One libnftables context; not for several threads at once."""

    def __init__(self) -> None:
        self._nft = nftables.Nftables()
        self._removals = Removals(NAME, SET)

    def apply(self, ruleset: str) -> None:
        """Apply a ruleset in one transaction; raise KernelError with nft's own sentence."""
        self._run(ruleset)

    def set(self, operations: Sequence[SetElements]) -> list[Counted]:
        """Make the elements live anew; return what their older selves had counted."""
        pairs = [(element, operation.timeout_ms) for operation in operations for element in operation.elements]
        counted: dict[Element, ElementFact] = {}
        for start in range(0, len(pairs), _CHUNK):
            chunk = pairs[start : start + _CHUNK]
            old = ", ".join(_text(element) for element, _ in chunk)
            new = ", ".join(f"{_text(element)} timeout {timeout_ms}ms" for element, timeout_ms in chunk)
            self._run(f"destroy element {ALLOW} {{ {old} }}; add element {ALLOW} {{ {new} }}")
            counted.update(self._removals.collect())
        return _sums(operations, counted)

    def remove(self, operations: Sequence[RemoveElements]) -> list[Counted]:
        """Take the elements out; return what they had counted."""
        gone = [_text(element) for operation in operations for element in operation.elements]
        counted: dict[Element, ElementFact] = {}
        for start in range(0, len(gone), _CHUNK):
            self._run(f"destroy element {ALLOW} {{ {', '.join(gone[start : start + _CHUNK])} }}")
            counted.update(self._removals.collect())
        return _sums(operations, counted)

    def _run(self, command: str) -> None:
        _run(self._nft, command)


def _run(nft: nftables.Nftables, command: str) -> str:
    code, output, error = nft.cmd(command)
    if code != 0:
        raise KernelError(f"nftables: {error.partition(chr(10))[0]}")
    return str(output)


def _text(element: Element) -> str:
    return f"{element.source} . {element.target} . {element.port}"


def _sums(operations: Sequence[SetElements | RemoveElements], facts: dict[Element, ElementFact]) -> list[Counted]:
    """Return what each operation's ended elements had counted; called when the last transaction has returned."""
    ended_ms = mono_ms() + 1
    return [_sum(operation, facts, ended_ms) for operation in operations]


def _sum(operation: SetElements | RemoveElements, facts: dict[Element, ElementFact], ended_ms: int) -> Counted:
    seen = [facts[element] for element in operation.elements if element in facts]
    times = [fact.last_packet_mono_ms for fact in seen if fact.last_packet_mono_ms is not None]
    return Counted(operation.lease, sum(fact.packets for fact in seen), max(times, default=None), ended_ms)
