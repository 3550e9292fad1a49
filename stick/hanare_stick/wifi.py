"""The home's network as the kiosk asks for it: what is in reach, joining one, and joining a remembered one at start.

One piece of work at a time, beside everything else the agent does. A cable needs nothing from us: networkd takes it.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, Protocol

from hanare_core.problems import Code, Problem
from hanare_stick import iwd, known_networks
from hanare_stick.control_messages import AnyEvent, Network, Networks, WifiJoin, WifiScan
from hanare_stick.iwd import Iwd, Seen, Typed
from hanare_stick.known_networks import KnownNetwork

INTERFACES: Final = Path("/sys/class/net")
_ETHERNET: Final = "1"
"""ARPHRD_ETHER, if_arp.h; a phone's tethering is one too."""

SHOWN: Final = 32
"""Nobody reads a longer list; the weakest are left out."""

_BARS: Final = (-55, -65, -75)
"""dBm from which a signal is strong, good, fair."""


class Screen(Protocol):
    """Who hears of it."""

    def tell(self, event: AnyEvent) -> None:
        """Tell an event."""

    def note(self, step: str, detail: str) -> None:
        """Tell that something happened."""

    def refuse(self, problem: Problem) -> None:
        """Tell a refusal."""


class Wifi:
    """One stick's Wi-Fi; `folder` is the state partition's."""

    def __init__(self, screen: Screen, folder: Path, *, bus: str = "SYSTEM", state: Path = iwd.STATE) -> None:
        self._screen = screen
        self._folder = folder
        self._bus = bus
        self._state = state
        self._work: asyncio.Task[None] | None = None

    def ask(self, request: WifiScan | WifiJoin) -> None:
        """Begin what was asked; raise Problem(OUT_OF_ORDER) while something is under way."""
        if self._work is not None and not self._work.done():
            raise Problem(Code.OUT_OF_ORDER)
        self._begin(self.look() if isinstance(request, WifiScan) else self.join(request))

    def rejoin(self) -> None:
        """Begin to join a remembered network, if there is one in reach."""
        if known_networks.read(self._folder):
            self._begin(self._rejoin())

    def held_by(self, user: str) -> None:
        """Forget the networks of every other holder: this one has signed in."""
        known_networks.held_by(self._folder, user)

    def stop(self) -> None:
        """Leave off."""
        if self._work is not None:
            self._work.cancel()

    async def look(self) -> None:
        """Tell what is in reach."""
        seen: tuple[Seen, ...] = ()
        radio = False
        with contextlib.suppress(OSError):
            async with iwd.opened(self._bus, self._state) as here:
                seen, radio = await here.scan(), True
        known = {(one.name, one.kind) for one in known_networks.read(self._folder)}
        listed = tuple(_network(one, known=(one.name, one.kind) in known) for one in seen if one.name)
        self._screen.tell(Networks(radio=radio, cable=cable(), networks=listed[:SHOWN]))

    async def join(self, wish: WifiJoin) -> None:
        """Join a network, remember it if that was wished, and tell."""
        wish = self._with_known(wish)
        try:
            async with iwd.opened(self._bus, self._state) as here:
                await self._join(here, wish)
        except OSError:
            self._screen.refuse(Problem(Code.WIFI_UNREACHABLE))
        except Problem as problem:
            self._screen.refuse(problem)
        else:
            self._remember(wish)
            self._screen.note("wifi-joined", wish.name)

    async def _join(self, here: Iwd, wish: WifiJoin) -> None:
        typed = Typed(wish.user, wish.password)
        if wish.hidden:
            await here.join_hidden(wish.name, typed)
            return
        for one in await here.seen():
            if (one.name, one.kind) == (wish.name, wish.kind):
                await here.join(one, typed)
                return
        raise Problem(Code.WIFI_UNREACHABLE)

    def _with_known(self, wish: WifiJoin) -> WifiJoin:
        """Return the wish with the remembered password, when none was typed."""
        for one in known_networks.read(self._folder):
            if not wish.password and (one.name, one.kind) == (wish.name, wish.kind):
                return _wish(one, remember=wish.remember)
        return wish

    def _remember(self, wish: WifiJoin) -> None:
        if not wish.remember:
            return
        kept = KnownNetwork(name=wish.name, kind=wish.kind, hidden=wish.hidden, user=wish.user, password=wish.password)
        with contextlib.suppress(OSError):  # a stick that cannot be written is a matter of comfort here
            known_networks.keep(self._folder, kept)

    async def _rejoin(self) -> None:
        """Join the first remembered network that lets us in; a failure is told by the door that does not open."""
        with contextlib.suppress(OSError):
            async with iwd.opened(self._bus, self._state) as here:
                await here.scan()
                for one in known_networks.read(self._folder):
                    with contextlib.suppress(Problem):
                        await self._join(here, _wish(one))
                        self._screen.note("wifi-joined", one.name)
                        return

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = asyncio.create_task(work)


def cable(interfaces: Path = INTERFACES) -> bool:
    """Whether a cable is in: an Ethernet that is no radio has a carrier."""
    return any(
        _text(one / "type") == _ETHERNET and _text(one / "carrier") == "1" and not (one / "phy80211").exists()
        for one in interfaces.glob("*")
    )


def bars(dbm: float) -> int:
    """Return the signal as people see it, from 1 (weak) to 4."""
    return 1 + sum(dbm >= least for least in _BARS)


def _network(seen: Seen, *, known: bool) -> Network:
    return Network(name=seen.name, kind=seen.kind, bars=bars(seen.dbm), known=known, connected=seen.connected)


def _wish(known: KnownNetwork, *, remember: bool = False) -> WifiJoin:
    return WifiJoin(
        name=known.name,
        kind=known.kind,
        hidden=known.hidden,
        user=known.user,
        password=known.password,
        remember=remember,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
