"""A kiosk on several monitors, a hand that tells it, and a plain window of the office's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from PIL import Image

from hanare_lab import tree
from hanare_lab.installation.accounts import DESKTOP
from hanare_lab.kiosk import FOLDER, Kiosk, monitor
from hanare_lab.machine import Machine
from hanare_lab.wait import until
from hanare_stick.control_messages import Office, Opened, Reached
from tests.stick.kiosk.hand import Hand
from tests.stick.kiosk.look import BAR_PIXELS, OFFICE_BLUE, marked, share

CONTROL: Final = "/run/hanare/control.sock"
SEEN_S: Final = 60.0
OFFICE: Final = Office(organisation="離れ市", help_desk="0123-45-6789", tour_seen=True, user="kikaku01")
OPENED: Final = Opened(user="企画課 太郎", office_pc="pc1", ends_in_ms=3_600_000)
BOTH: Final = (monitor(1), monitor(2))
_X_SCREEN: Final = {"DISPLAY": ":0", "XAUTHORITY": f"{FOLDER}/xauthority", "HOME": "/tmp"}  # noqa: S108
_PLAIN_COLOURS: Final = 8
"""A watermark's strokes have hundreds, by their soft edges."""


class Desk:
    """One kiosk on these monitors."""

    def __init__(self, folder: Path, language: str = "ja", names: tuple[str, ...] = BOTH) -> None:
        self._folder = folder
        self._language = language
        self._names = names
        self.machine = Machine("desk", tree.ensure(), log_dir=folder)
        self.hand = Hand(self.machine.root / CONTROL.lstrip("/"))
        self.kiosk = Kiosk(self.machine, CONTROL, monitors=len(names))
        self.kiosk.start()
        self.hand.accept()

    def sign_in_page(self) -> None:
        """Have the page stand that asks for name and PIN."""
        self.hand.tell(replace(OFFICE, language=self._language), step("ready"))

    def desktop(self, left: int) -> None:
        """Open a session, and a window of it that fills the monitor at this place of all monitors' width."""
        self.sign_in_page()
        self.hand.tell(OPENED, step("office-account-wanted"), step("session"))
        for name in self._names:
            self.sees(name, shows_mark_alone, "bar and watermark", label="session")
        plain = ["-bg", "#24476b", "-fg", "#24476b", "-geometry", f"20x5+{left}+200"]
        self.machine.start("desktop", ["xterm", "-name", "a-window", *plain], user=DESKTOP, env=_X_SCREEN)

    def signal_x(self, signal: str) -> None:
        """Send the X server a signal: STOP hangs it, CONT lets it go on."""
        self.machine.run(["sh", "-c", f"kill -{signal} $(ps -C Xwayland -o pid=)"])

    def sees(self, name: str, condition: Callable[[Path], bool], what: str, *, label: str) -> Path:
        """Look at this monitor until the condition holds; keep the picture under the label."""
        path = self.place(name, label)

        def look() -> bool:
            return name in self.kiosk.monitors() and condition(self.kiosk.picture(path, name).path)

        until(look, seconds=SEEN_S, what=f"{what} on {name}", process=self.kiosk.process)
        return path

    def look(self, name: str) -> Path:
        """Return a picture of this monitor."""
        return self.kiosk.picture(self.place(name, "look"), name).path

    def place(self, name: str, label: str) -> Path:
        """Return where the picture of this monitor under this label is kept."""
        return self._folder / f"{label}-{name}.png"

    def close(self) -> None:
        """Take everything away."""
        self.kiosk.close()
        self.hand.close()
        self.machine.close()


def step(name: str) -> Reached:
    """Return what the agent tells when it has come so far."""
    return Reached(step=name, at_ns=0)


def shows_desktop(path: Path) -> bool:
    """Whether the desktop's own ground is seen beneath bar and watermark."""
    with Image.open(path) as image:
        width, height = image.size
    seen = share(path, (width // 2, BAR_PIXELS + 10, width - 10, height // 2), OFFICE_BLUE) > 0.5
    return seen and marked(path)


def shows_mark_alone(path: Path) -> bool:
    """Whether there is nothing but bar and watermark."""
    with Image.open(path) as image:
        width, height = image.size
    return share(path, (0, BAR_PIXELS + 10, width, height), (0, 0, 0)) > 0.9 and _colours(path) > _PLAIN_COLOURS


def kept(folder: Path) -> list[Path]:
    """Return the frames that were kept, in their order."""
    return sorted(folder.glob("*.png"))


def bare(folder: Path) -> Iterator[Path]:
    """Give every kept frame that shows the desktop without its watermark."""
    for path in kept(folder):
        with Image.open(path) as image:
            whole = (0, 0, *image.size)
        if share(path, whole, OFFICE_BLUE) > 0.5 and _colours(path) < _PLAIN_COLOURS:
            yield path


def _colours(path: Path) -> int:
    with Image.open(path) as image:
        return len(image.convert("RGB").getcolors(image.width * image.height) or [])
