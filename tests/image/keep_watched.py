"""The image's `keep` in a network namespace of its own: `CASE FOLDER`; tells what became of it, a line each.

Its stick is a folder, the kernel's words are sent by this program, and the PC that is switched off is a word said.
"""

import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import hanare_image
from hanare_lab.wait import until

KEEP: Final = Path(hanare_image.__file__).parent / "build/files/worker/usr/lib/hanare/keep"
ENOUGH_SECONDS: Final = 20.0
MANY_WORDS: Final = 1000
"""More than a socket's usual room takes, and a quarter of what is asked for."""

GONE: Final = b"remove@/devices/usb1/block/sdz"
OTHER: Final = b"add@/devices/virtual/net/other"
COMMAND_LINE: Final = f"quiet hanare.blocks=3 hanare.salt=00 hanare.root={'0' * 64}"


def load() -> Any:
    """Return the program as a module, leaving no file beside it."""
    module = ModuleType("keep")
    exec(compile(KEEP.read_text("utf-8"), KEEP, "exec"), module.__dict__)  # noqa: S102 - our own file
    return module


class Pc:
    """A PC with a stick and `keep`."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self.keep = load()
        (folder / "block/sdz").mkdir(parents=True)
        (folder / "disk").write_text("sdz\n")
        (folder / "cmdline").write_text(COMMAND_LINE)
        self.stick = folder / "block/sdz"
        self.keep.DISKS, self.keep.DISK = str(folder / "block"), folder / "disk"
        self.keep.COMMAND_LINE, self.keep.RUN = folder / "cmdline", folder / "run"
        self.keep.COPY = folder / "run/memory/root.img"
        self.keep.lock_in_memory = self.keep.wait_for_window = lambda: None
        self.keep.available = lambda: 1 << 40
        self.keep.off = lambda: self.told.append("off")
        self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, self.keep.NETLINK_KOBJECT_UEVENT)

    def say(self, *words: bytes) -> None:
        """Send the kernel's words; it hears them too, and refuses them."""
        for word in words:
            try:
                self._kernel.sendto(word + b"\0", (0, 1))
            except (ConnectionRefusedError, PermissionError):
                continue

    def at_first_word(self, act: Callable[[], None]) -> None:
        """Do something when the watch is about to hear its first word, and something else never."""
        real = self.keep.removed
        acts = [act]

        def removed(events: socket.socket, disk: str) -> bool:
            if acts:
                acts.pop()()
            return bool(real(events, disk))

        self.keep.removed = removed

    def take_in(self, *, whole: bool | None, pull: bool = True) -> None:
        """Start it, tell how the copying ended, pull the stick out, and tell what the state is when it has ended."""
        if whole is not None:
            self.keep.whole = lambda *_: whole
        main = threading.Thread(target=self.keep.main, daemon=True)
        main.start()
        self.told.append(self._state_after("copying"))
        if pull:
            main.join(self.keep.LOOK_S * 2)
            self.told.append("watches" if main.is_alive() else "does not watch")
            self.say(GONE)
        main.join(ENOUGH_SECONDS)
        self.told.append(self._state())

    def watch(self) -> None:
        """Watch, and tell that the stick's absence was noticed."""
        begun = time.monotonic()
        self.keep.watch("sdz")
        self.told.append("gone" if time.monotonic() - begun < ENOUGH_SECONDS else "noticed late")

    def _state(self) -> str:
        place: Path = self.keep.RUN / "state"
        return place.read_text().strip() if place.exists() else ""

    def _state_after(self, before: str) -> str:
        until(lambda: self._state() not in {"", before}, seconds=ENOUGH_SECONDS, what="the next state")
        return self._state()


def heard(pc: Pc) -> None:
    """Hear it from the kernel; the folder that a look would find is still there."""
    pc.at_first_word(lambda: pc.say(OTHER, GONE))
    pc.watch()


def among_many(pc: Pc) -> None:
    """Hear it behind many other words, which all have room."""
    pc.at_first_word(lambda: pc.say(*[OTHER] * MANY_WORDS, GONE))
    pc.watch()


def lost(pc: Pc) -> None:
    """Have room for a few words; those that say it are lost, before and after it is told that some are."""
    pc.keep.WORDS_BYTES = 1

    def flood() -> None:
        pc.say(*[OTHER] * MANY_WORDS, GONE)
        pc.at_first_word(flood_on)

    def flood_on() -> None:
        pc.say(GONE)
        pc.stick.rmdir()

    pc.at_first_word(flood)
    pc.watch()


def before(pc: Pc) -> None:
    """Begin to watch when it is gone already."""
    pc.stick.rmdir()
    pc.watch()


def deaf(pc: Pc) -> None:
    """Let the watch itself die while nothing is wrong with the stick."""

    def die(*_: object) -> bool:
        raise OSError("no")

    pc.keep.removed = die
    pc.take_in(whole=True, pull=False)


CASES: Final[dict[str, Callable[[Pc], None]]] = {
    "heard": heard,
    "among-many": among_many,
    "lost": lost,
    "before": before,
    "deaf": deaf,
    "sound": lambda pc: pc.take_in(whole=True),
    "damaged": lambda pc: pc.take_in(whole=False),
    "no-memory-disk": lambda pc: pc.take_in(whole=None),
    "no-mapping": lambda pc: pc.take_in(whole=True),
}


if __name__ == "__main__":
    seen = Pc(Path(sys.argv[2]))
    CASES[sys.argv[1]](seen)
    sys.stdout.write("\n".join(seen.told))
