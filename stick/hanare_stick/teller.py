"""What screens are told: steps, refusals, the office, and the session that is open."""

import contextlib
import time
from pathlib import Path
from typing import Final

import msgspec

from hanare_core.effects import Step
from hanare_core.problems import Problem
from hanare_core.profile import SecondFactor
from hanare_core.stick_settings import DoorSettings
from hanare_stick import control_messages as messages
from hanare_stick import remembered
from hanare_stick.clock import Clock
from hanare_stick.control import Control
from hanare_stick.control_messages import Office, Opened, Reached, Tile
from hanare_stick.device import Device
from hanare_stick.session import Session

MINUTE_S: Final = 60


class Teller:
    """Tells every client; remembers the phase and when each step was reached.

    tiles: whether web applications can be opened.
    """

    def __init__(self, control: Control, device: Device, folder: Path, clock: Clock, *, tiles: bool) -> None:
        self._control = control
        self._tiles = tiles
        self._site = device.site
        self._folder = folder
        self._clock = clock
        self._remembered = remembered.read(folder)
        self._settings = DoorSettings()
        self._phase = "starting"
        self._marks: dict[str, int] = {}
        self._grace_until_ms = 0
        self._failures = 0

    @property
    def has_screen(self) -> bool:
        """Whether a screen stands that hears it."""
        return self._control.has_screen

    def reach(self, step: str, detail: str = "") -> None:
        """Tell a step."""
        if step == Step.ENVELOPE_OPENED.value:
            self._failures = int(detail or 0)
        now = time.monotonic_ns()
        self._phase = step
        self._marks[step] = now
        self._control.tell(Reached(step=step, at_ns=now, detail=detail))

    def tell(self, event: messages.AnyEvent) -> None:
        """Tell what needs no remembering."""
        self._control.tell(event)

    def note(self, step: str, detail: str) -> None:
        """Tell something that happened beside the steps; the phase stays."""
        self._control.tell(Reached(step=step, at_ns=time.monotonic_ns(), detail=detail))

    def refuse(self, problem: Problem) -> None:
        """Tell a refusal or an end, with its sentences and the help desk's number."""
        self._control.tell(messages.refused(problem, at_ns=time.monotonic_ns(), help_desk=self._site.help_desk))

    def grace(self, until_ms: int) -> None:
        """Tell once that the session goes on unconfirmed until then (server time), and once that it is over: 0."""
        if until_ms == self._grace_until_ms:
            return
        self._grace_until_ms = until_ms
        step = "grace" if until_ms else "grace-over"
        self._control.tell(Reached(step=step, at_ns=time.monotonic_ns(), detail=str(until_ms)))

    def unheard(self, session: Session) -> None:
        """Reckon the grace of a session whose hub, which would tell it, cannot be heard."""
        if session.facts.grace_ms and not self._grace_until_ms:
            self.grace(self._clock.now_ms() + session.facts.grace_ms)

    def forget_marks(self) -> None:
        """Begin a new attempt."""
        self._marks.clear()

    def office(self) -> Office:
        """Return what a screen may show before a sign-in."""
        kept, rules = self._remembered, self._settings
        return Office(
            organisation=self._site.organisation_name,
            help_desk=self._site.help_desk,
            user=kept.user if rules.name_remembered else "",
            language=kept.language or rules.language.value,
            keyboard=kept.keyboard or rules.keyboard.value,
            tour_seen=kept.tour_seen,
            factor=rules.second_factor in {SecondFactor.TOTP, SecondFactor.ANY},
            security_key=rules.second_factor in {SecondFactor.FIDO2, SecondFactor.ANY},
            pin_characters=rules.pin_characters,
            pin_composition=rules.pin_composition,
        )

    def settings(self, settings: DoorSettings) -> None:
        """Take what the department's profile says before a sign-in, and tell it."""
        if settings != self._settings:
            self._settings = settings
            self._control.tell(self.office())

    def opened(self, session: Session) -> None:
        """Tell the open session."""
        facts = session.facts
        rules = facts.settings
        applications = rules.web_applications if self._tiles else ()
        self._control.tell(
            Opened(
                user=facts.user_name,
                office_pc=facts.office_pc.name,
                ends_in_ms=max(0, facts.ends_ms - self._clock.now_ms()),
                locked=facts.locked,
                watermark=rules.watermark,
                idle_lock_s=rules.idle_lock_minutes * MINUTE_S,
                idle_end_s=rules.idle_end_minutes * MINUTE_S,
                notice_s=rules.notice_minutes * MINUTE_S,
                failures=self._failures,
                tiles=tuple(Tile(id=one.id, ja=one.name_ja, en=one.name_en) for one in applications),
            )
        )

    def status(self, session: Session | None) -> None:
        """Tell where we are."""
        if session is not None:
            self.opened(session)
        self._control.tell(Reached(step=self._phase, at_ns=time.monotonic_ns(), marks=dict(self._marks)))

    def keep_name(self, user: str) -> None:
        """Remember who signed in."""
        self._keep(msgspec.structs.replace(self._remembered, user=user))

    def remember(self, wish: messages.Remember) -> None:
        """Remember language, keyboard and that the tour was seen."""
        changed = {"language": wish.language, "keyboard": wish.keyboard, "tour_seen": wish.tour_seen}
        self._keep(msgspec.structs.replace(self._remembered, **changed))

    def _keep(self, kept: remembered.Remembered) -> None:
        if kept == self._remembered:
            return
        self._remembered = kept
        with contextlib.suppress(OSError):  # a stick that cannot be written is a matter of comfort here
            remembered.write(self._folder, kept)
