"""nftables by libnftables, in process: the ruleset, and the elements of the allow set.

Every change is one kernel transaction. A renewal destroys and adds an element together, because a plain add refreshes
no timeout. Counters are read from nft's text: its JSON omits `last` (nft 1.1.3).
"""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import nftables

from hanare_core.kernel import Counted, Element, ElementFact, RemoveElements, SetElements
from hanare_gateway.errors import KernelError
from hanare_gateway.ruleset import ALLOW

_CHUNK: Final = 400
"""Elements in one transaction: keeps a netlink message well below the socket's buffer."""

_ONE_BY_ONE: Final = 32
"""Up to so many elements are read singly (0.1 to 0.7 ms each); beyond, listing the whole set is cheaper."""

_ELEMENT: Final = re.compile(
    r"(?P<source>[\d.]+) \. (?P<target>[\d.]+) \. (?P<port>\d+) counter packets (?P<packets>\d+) bytes \d+"
    r" last used (?P<used>never|\w+) timeout \w+ expires (?P<expires>\w+)"
)
_SPAN: Final = re.compile(r"(\d+)(ms|s|m|h|d)")
_UNIT_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Firewall:
    """One libnftables context; not for several threads at once."""

    def __init__(self) -> None:
        self._nft = nftables.Nftables()

    def apply(self, ruleset: str) -> None:
        """Apply a ruleset in one transaction; raise KernelError with nft's own sentence."""
        self._run(ruleset)

    def elements(self) -> dict[Element, ElementFact]:
        """Return every element of the allow set."""
        return dict(_parsed(self._run(f"list set {ALLOW}")))

    def set(self, operations: Sequence[SetElements]) -> list[Counted]:
        """Make the elements live anew; return what their older selves had counted."""
        counted = self._count(operations)
        pairs = [(element, operation.timeout_ms) for operation in operations for element in operation.elements]
        for start in range(0, len(pairs), _CHUNK):
            chunk = pairs[start : start + _CHUNK]
            old = ", ".join(_text(element) for element, _ in chunk)
            new = ", ".join(f"{_text(element)} timeout {timeout_ms}ms" for element, timeout_ms in chunk)
            self._run(f"destroy element {ALLOW} {{ {old} }}; add element {ALLOW} {{ {new} }}")
        return counted

    def remove(self, operations: Sequence[RemoveElements]) -> list[Counted]:
        """Take the elements out; return what they had counted."""
        counted = self._count(operations)
        gone = [_text(element) for operation in operations for element in operation.elements]
        for start in range(0, len(gone), _CHUNK):
            self._run(f"destroy element {ALLOW} {{ {', '.join(gone[start : start + _CHUNK])} }}")
        return counted

    def _count(self, operations: Sequence[SetElements | RemoveElements]) -> list[Counted]:
        wanted = [element for operation in operations for element in operation.elements]
        facts = self.elements() if len(wanted) > _ONE_BY_ONE else self._get(wanted)
        return [_sum(operation, facts) for operation in operations]

    def _get(self, elements: Iterable[Element]) -> dict[Element, ElementFact]:
        found: dict[Element, ElementFact] = {}
        for element in elements:
            code, output, _ = self._nft.cmd(f"get element {ALLOW} {{ {_text(element)} }}")
            if code == 0:  # otherwise there is none: new, or its time has passed
                found.update(_parsed(output))
        return found

    def _run(self, command: str) -> str:
        code, output, error = self._nft.cmd(command)
        if code != 0:
            raise KernelError(f"nftables: {error.partition(chr(10))[0]}")
        return str(output)


def mono_ms() -> int:
    """Return the monotonic clock in milliseconds."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000


def span_ms(text: str) -> int:
    """Return a span as nft writes it (`1h2m3s4ms`) in milliseconds."""
    return sum(int(number) * _UNIT_MS[unit] for number, unit in _SPAN.findall(text))


def _text(element: Element) -> str:
    return f"{element.source} . {element.target} . {element.port}"


def _parsed(text: str) -> Iterator[tuple[Element, ElementFact]]:
    now_ms = mono_ms()
    for found in _ELEMENT.finditer(text):
        used = found["used"]
        last = None if used == "never" else now_ms - span_ms(used)
        element = Element(found["source"], found["target"], int(found["port"]))
        yield element, ElementFact(int(found["packets"]), last, span_ms(found["expires"]))


def _sum(operation: SetElements | RemoveElements, facts: dict[Element, ElementFact]) -> Counted:
    seen = [facts[element] for element in operation.elements if element in facts]
    times = [fact.last_packet_mono_ms for fact in seen if fact.last_packet_mono_ms is not None]
    return Counted(operation.lease, sum(fact.packets for fact in seen), max(times, default=None))
