"""A telework session by hand on an emulated PC: what a person sees, types, and sees next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hanare_lab import look
from hanare_lab.emulated_pc import EmulatedPc
from hanare_lab.errors import LabError
from hanare_lab.installation.hall import Worker
from hanare_lab.wait import until

BOOT_SECONDS: Final = 1500.0
"""From power-on to the first page: about a minute on an idle machine, emulated; a busy one took ten and more."""

PAGE_SECONDS: Final = 480.0

TOUR_STEPS: Final = 3

LOOK_SECONDS: Final = 2.0
"""Between two looks at the screen: QEMU makes a picture while the emulated PC stands still."""

BOOT_LOOK_SECONDS: Final = 5.0
"""Before the first page: each look costs the emulated PC a part of its boot."""


class EmulatedSession:
    """One person at one emulated PC."""

    def __init__(self, pc: EmulatedPc) -> None:
        self.pc = pc

    def wait_for_sign_in(self, *, english: bool = False) -> Path:
        """Wait from power-on until the sign-in page asks for a name; a stick's first start shows the tour before.

        In English if wanted, by the button in the head: the last one before the page's own.
        """
        first = self._see("first", lambda path: look.offers(path) or look.asks(path), BOOT_SECONDS, BOOT_LOOK_SECONDS)
        if english:
            self.pc.qmp.press("shift", "tab")
            first = self._changed("first", first, "ret")
        for step in range(0 if look.asks(first) else TOUR_STEPS):
            first = self._changed(f"after-tour-{step + 1}", first, "ret")
        return self._see("sign-in", look.asks, PAGE_SECONDS)

    def be_refused(self, worker: Worker) -> Path:
        """Type name and PIN and be told why that is no good here; return a picture of it."""
        self.pc.qmp.type(f"{worker.name}\t{worker.pin}\n")
        return self._see("refused", look.refuses, PAGE_SECONDS)

    def sign_in(self, worker: Worker, *, again: bool = False) -> Path:
        """Type name, PIN and office password; return a picture of the office desktop.

        again: after a refusal, where the name stands already.
        """
        self.pc.qmp.type(f"{worker.pin}\n" if again else f"{worker.name}\t{worker.pin}\n")
        self._see("office-password", lambda path: look.in_session(path) and look.asks(path), PAGE_SECONDS)
        self.pc.qmp.type(f"{worker.office_password}\n")
        return self._see("desktop", _at_rest(look.shows_office), PAGE_SECONDS)

    def type_until(self, text: str, reached: Callable[[], bool]) -> None:
        """Type a line into the office desktop until it is seen to have worked."""
        for _ in range(int(PAGE_SECONDS // 20)):
            self.pc.qmp.type(f"{text}\n")
            try:
                until(reached, seconds=20, what="the typed line at the office PC", process=self.pc.process)
            except LabError:
                continue
            return
        raise LabError(f"nothing that was typed reached the office PC: {text}")

    def return_to_desktop(self, worker: Worker) -> None:
        """Be at the office desktop: an emulated PC may be so slow that the screen was locked for idleness meanwhile."""
        if not look.shows_office(self.pc.picture("desktop").path):
            self.unlock(worker)

    def unlock(self, worker: Worker) -> Path:
        """Wait for the lock screen and type the PIN; return a picture of the office desktop."""
        self._see("locked", look.asks, PAGE_SECONDS)
        self.pc.qmp.type(f"{worker.pin}\n")
        return self._see("unlocked", _at_rest(look.shows_office), PAGE_SECONDS)

    def lock(self) -> None:
        """Open the menu by its keys and lock the screen: the second of its buttons."""
        self.pc.qmp.press("ctrl", "alt", "home")
        self._see("menu", look.offers, PAGE_SECONDS)
        self.pc.qmp.press("tab")
        self.pc.qmp.press("ret")

    def open_tile(self, number: int, shown: Callable[[Path], bool], seconds: float = PAGE_SECONDS) -> Path:
        """Open a tile of the menu by the keyboard, 0 is the office PC; return a picture of what it showed."""
        self.pc.qmp.press("ctrl", "alt", "home")
        self._see("menu", look.offers, PAGE_SECONDS)
        for _ in range(number):
            self.pc.qmp.press("tab")
        self.pc.qmp.press("ret")
        return self._see(f"tile-{number}", _at_rest(shown), seconds)

    def wait_covered(self) -> Path:
        """Wait until the kiosk's own page stands again and nothing of the office is seen."""
        return self._see("ended", look.covered, PAGE_SECONDS)

    def _changed(self, name: str, before: Path, *keys: str) -> Path:
        """Press keys and return the picture of the page that stands then; the stick may still be on its way."""
        old = look.heading(before)
        self.pc.qmp.press(*keys)
        return self._see(name, _at_rest(lambda path: look.heading(path) != old, look.heading), PAGE_SECONDS)

    def _see(self, name: str, condition: Callable[[Path], bool], seconds: float, every: float = LOOK_SECONDS) -> Path:
        def looked() -> Path | None:
            path = self.pc.picture(name).path
            return path if condition(path) else None

        return until(looked, seconds=seconds, what=f"the page {name}", process=self.pc.process, every=every)


def _at_rest(
    condition: Callable[[Path], bool], looked_at: Callable[[Path], bytes] = Path.read_bytes
) -> Callable[[Path], bool]:
    """Return the condition that holds for two looks at the very same: nothing is being drawn there any more."""
    last = b""

    def rests(path: Path) -> bool:
        nonlocal last
        earlier, last = last, looked_at(path)
        return last == earlier and condition(path)

    return rests
