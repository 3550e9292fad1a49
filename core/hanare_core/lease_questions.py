"""What a gateway asks of its hub, and what the newest answer confirms: the time that leases may be given.

Beats ask again and again; a snapshot answers Hello or Resync. An answer to no question of ours, or an older one,
changes nothing.
"""

from hanare_core.kernel import Instant
from hanare_core.lease_time import Confirmation, ServerClock
from hanare_core.messages import gateway as hub


class Questions:
    """The questions of one gateway, and the server's clock as their answers tell it."""

    def __init__(self) -> None:
        self.clock = ServerClock()
        self.confirmed: Confirmation | None = None
        """What the newest answer confirms; None: nothing was answered yet."""
        self.revision = 0
        """The revision that the newest answer to a beat confirmed."""
        self.interval_ms = hub.BEAT_MS
        """How long the hub was to wait for the next question when the last one was asked."""
        self._asked_ms = 0
        self._snapshot_asked_ms: int | None = None

    def ask_snapshot(self, now: Instant) -> None:
        """Note that Hello or Resync is being sent now: the snapshot's time counts from here."""
        self._snapshot_asked_ms = now.mono_ms

    def snapshot(self, time_ms: int, age_ms: int, now: Instant) -> None:
        """Take in the times of a snapshot; of one that nobody asked for, nothing."""
        asked_ms, self._snapshot_asked_ms = self._snapshot_asked_ms, None
        if asked_ms is not None:
            self.clock.learn(time_ms, asked_ms, now.mono_ms)
            self.confirmed = Confirmation(asked_ms, age_ms)

    def ask(self, now: Instant, interval_ms: int) -> None:
        """Note that a beat is being sent now, and how soon the next will be."""
        self._asked_ms, self.interval_ms = now.mono_ms, interval_ms

    def hear(self, answer: hub.BeatAnswer, now: Instant) -> bool:
        """Learn the server's time from an answer; say whether it answers a question newer than what is confirmed."""
        newest = self.confirmed.asked_ms if self.confirmed else -1
        if not newest < answer.stamp_ms <= self._asked_ms:
            return False
        self.clock.learn(answer.time_ms, answer.stamp_ms, now.mono_ms)
        return True

    def confirm(self, answer: hub.BeatAnswer) -> None:
        """Take an answer that was heard as what holds."""
        self.confirmed, self.revision = Confirmation(answer.stamp_ms, answer.age_ms), answer.revision
