"""A kiosk alone on a screen, with a hand that tells it anything, and an eye that waits for what it shows."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

from hanare_core.problems import Code, Problem
from hanare_lab import tree
from hanare_lab.kiosk import Kiosk
from hanare_lab.machine import Machine
from hanare_lab.wait import until
from hanare_stick import control_messages as control
from hanare_stick.control_messages import Office, Reached
from tests.stick.kiosk.hand import HEARD_S, Hand
from tests.stick.kiosk.look import COVER, share

HELP: Final = "0123-45-6789 情報政策課"
CONTROL: Final = "/run/hanare/control.sock"
FOOT_PIXELS: Final = 56
"""Height of whom to call and "switch off", where the help desk's words fit a line."""
LINE_PIXELS: Final = 300
"""A short line of text; the cursor of a field is a fifth of it."""


def step(name: str, detail: str = "") -> Reached:
    return Reached(step=name, at_ns=0, detail=detail)


def refused(code: Code) -> control.Refused:
    return control.refused(Problem(code), at_ns=0, help_desk=HELP)


class Stage:
    """A kiosk and a hand; `shot` waits until the screen has changed and looks."""

    def __init__(self, folder: Path, size: tuple[int, int], language: str, help_desk: str = HELP) -> None:
        self.size = size
        self._folder = folder
        self._language = language
        self._help_desk = help_desk
        with ExitStack() as opened:
            self.machine = opened.enter_context(closing(Machine("screen", tree.ensure(), log_dir=folder)))
            self.hand = opened.enter_context(closing(Hand(self.machine.root / CONTROL.lstrip("/"))))
            self.kiosk = opened.enter_context(closing(Kiosk(self.machine, CONTROL, size=size)))
            self.kiosk.start()
            self.hand.accept()
            self.close = opened.pop_all().close
        self._before = self._last = Image.new("RGB", size)
        self._foot: bytes | None = None
        self._number = 0

    def office(self, *, tour_seen: bool = True) -> Office:
        """Return what is told of the office: an app or a security key beside the PIN, which is long and composed."""
        both = {"factor": True, "security_key": True, "pin_characters": 12, "pin_composition": True}
        return Office(
            organisation="離れ市",
            help_desk=self._help_desk,
            language=self._language,
            tour_seen=tour_seen,
            user="kikaku01",
            **both,
        )

    def tell(self, *events: control.AnyEvent) -> None:
        self.hand.tell(*events)

    def shot(self, name: str, *, covered: bool = True) -> Image.Image:
        """Look until the screen shows something else, and on a covered page whom to call at its place; return it."""
        self._number += 1
        path = self._folder / f"{self._number:02}-{name}.png"
        until(lambda: self._shows(path, covered=covered), seconds=HEARD_S, what=name, process=self.kiosk.process)
        with Image.open(path) as image:
            self._before = image.convert("RGB")
        return self._before

    def warns(self) -> bool:
        """Say whether a line stands on the page that did not when it was last looked at; a blinking cursor is none."""
        path = self._folder / "warns.png"
        self.kiosk.picture(path)
        with Image.open(path) as image:
            return _apart(image.convert("RGB"), self._before) > LINE_PIXELS

    def _shows(self, path: Path, *, covered: bool) -> bool:
        self.kiosk.picture(path)
        with Image.open(path) as image:
            now = image.convert("RGB")
        settled, self._last = _apart(now, self._last) <= LINE_PIXELS, now
        if not settled or _apart(now, self._before) < now.width * now.height // 400:
            return False
        return not covered or self._whom_to_call(path, now)

    def _whom_to_call(self, path: Path, now: Image.Image) -> bool:
        """Say whether the foot is there from edge to edge, as on the first page."""
        if share(path, (0, 100, 30, now.height - 100), COVER) < 0.9:
            return False
        foot = now.crop((0, now.height - FOOT_PIXELS, now.width, now.height))
        if self._foot is None and _bright(foot.crop((0, 0, now.width // 2, FOOT_PIXELS)).tobytes()):
            self._foot = foot.tobytes()
        return foot.tobytes() == self._foot


def _apart(one: Image.Image, other: Image.Image) -> int:
    """Return how many pixels differ."""
    apart = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > 32))
    return int(apart.histogram()[255])


def _bright(raw: bytes) -> bool:
    """Say whether there is writing: the agent's first word may come after the first page."""
    return sum(value > 240 for value in raw) > LINE_PIXELS
