"""How good the line is, in three words."""

from typing import Final, Literal

from hanare_stick.control_messages import Line

LOST_S: Final = 15
"""WireGuard answers keepalives within seconds: longer silence means that nothing comes through."""

SLOW_MS: Final = 150
"""Typing begins to feel late (28 ms from key to pixel were measured at 20 ms round trip)."""


def quality(line: Line) -> Literal["good", "slow", "lost"]:
    """Return how the line does."""
    if line.silent_s >= LOST_S:
        return "lost"
    return "slow" if line.rtt_ms > SLOW_MS else "good"
