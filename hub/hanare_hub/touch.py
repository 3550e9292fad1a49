"""Which gateways are in touch: those that said something lately. In memory: a new hub calls nobody away too early."""

import time
from collections.abc import Iterable

from hanare_core.messages.local import IN_TOUCH_MS


class Touch:
    """When each gateway was last heard."""

    def __init__(self) -> None:
        self._heard_s: dict[str, float] = {}

    def note(self, gateway: str) -> None:
        """Note that the gateway said something now."""
        self._heard_s[gateway] = time.monotonic()

    def holds(self, gateway: str) -> bool:
        """Say whether the gateway said something within IN_TOUCH_MS."""
        heard_s = self._heard_s.get(gateway)
        return heard_s is not None and (time.monotonic() - heard_s) * 1000 < IN_TOUCH_MS

    def away(self, gateways: Iterable[str]) -> tuple[str, ...]:
        """Return those of the gateways that were in touch and are not any more; one never heard is not called away."""
        return tuple(sorted(gateway for gateway in gateways if gateway in self._heard_s and not self.holds(gateway)))
