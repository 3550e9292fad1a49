"""A session on the stick: its key, tunnel, namespace, desktop and web applications.

The tunnel's process and namespace are made ahead (`Spare`), so that after the last Enter only key and address are set:
wireguard-go notices only once a second that an interface in another namespace is up. What a restarted agent needs in
order to adopt a running session stands in one file in memory, mode 0600, without any key: the WireGuard process holds
the key. A desktop that still works is worth more than a tidy start, and the gateway ends the lease in any case. The
office password is lost with the agent: an adopted session ends with its desktop.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Final

import msgspec
from nacl.public import PrivateKey

from hanare_core import wire
from hanare_core.messages.api import OfficePc, SessionAnswer
from hanare_core.messages.api import Path as GatewayPath
from hanare_core.problems import Code, Problem
from hanare_core.stick_settings import StickSettings
from hanare_core.web_application import WebApplication
from hanare_stick import carrier, desktop, network, process, shake, uapi, wireguard
from hanare_stick.desktop import Desktop, Shown
from hanare_stick.line import Line
from hanare_stick.network import SessionNetwork
from hanare_stick.process import Running
from hanare_stick.settings import Browser, Display
from hanare_stick.uapi import Peer
from hanare_stick.windows import Windows

INTERFACE: Final = "hn-session"
STATE_FILE: Final = "session.json"

FIRST_PACKET_S: Final = 8.0
"""Until the office PC's RDP port answers: one lost handshake (5 s) and some."""

ASK_AGAIN_S: Final = 0.5

_EVERYWHERE: Final = IPv4Network("0.0.0.0/0")


class Spare:
    """A tunnel without a key in a namespace without an address, ready for the next session."""

    def __init__(self, tunnel: Running, inside: SessionNetwork) -> None:
        self.tunnel = tunnel
        self.inside = inside

    @classmethod
    async def make(cls) -> "Spare":
        """Make namespace and interface. Raises OSError."""
        network.remove_namespace()
        tunnel = await wireguard.start(INTERFACE)
        inside = SessionNetwork(INTERFACE)
        try:
            await asyncio.to_thread(inside.make)
        except OSError:
            process.kill(tunnel)
            raise
        return cls(tunnel, inside)

    def close(self) -> None:
        """Take it away; the key goes with the process."""
        process.kill(self.tunnel)
        self.inside.close()


class Facts(wire.Message, frozen=True):
    """What is known of an open session, none of it secret."""

    id: wire.Id
    user: wire.Text
    """The name that the worker signed in with."""
    user_name: wire.Text
    office_pc: OfficePc
    paths: tuple[GatewayPath, ...]
    """The gateways that know it, and its address at each."""
    ends_ms: wire.Milliseconds
    grace_ms: wire.Milliseconds = 0
    """How long it may go on unconfirmed, its TTL included; 0: strict."""
    settings: StickSettings = StickSettings()
    locked: bool = False


class Adoptable(wire.Message, frozen=True):
    """What stands in memory of a running session."""

    facts: Facts
    tunnel: Running
    desktop: Running | None
    windows: dict[str, Running] = msgspec.field(default_factory=dict)
    input_method: Running | None = None


class Session:
    """One open session, from the answer to confirm until `close`."""

    def __init__(self, spare: Spare, facts: Facts, folder: Path) -> None:
        self.facts = facts
        self._spare = spare
        self._file = folder / STATE_FILE
        self._desktop: Desktop | None = None
        self._windows = Windows()

    @property
    def id(self) -> str:
        """The server's id of the session."""
        return self.facts.id

    @property
    def has_desktop(self) -> bool:
        """Whether a desktop was started and not hidden since."""
        return self._desktop is not None

    async def open_tunnel(self, key: PrivateKey, answer: SessionAnswer, lines: Sequence[Line]) -> None:
        """Bring up the first line whose gateway leads to the office PC; Problem(DESKTOP_UNREACHABLE) if none does.

        lines: one a gateway, the best first.
        """
        addresses = {path.gateway: IPv4Address(path.address) for path in answer.paths}
        for line in lines:
            address = addresses.get(line.gateway.id)
            if address is not None and await self._answers(key, address, line, answer.office_pc):
                return
        raise Problem(Code.DESKTOP_UNREACHABLE, detail={"reason": "no-answer"})

    def gateway_key(self) -> str:
        """Return the key of the gateway that the tunnel is to. Raises OSError."""
        return uapi.peer_key(INTERFACE)

    async def move(self, line: Line) -> None:
        """Put the tunnel on another line, of its own gateway or of another that knows the session. Raises OSError.

        At another gateway the session has another address: its connections are reset when the tunnel stands there,
        and the desktop comes back by itself.
        """
        if self.gateway_key() == line.gateway.wireguard_key:
            uapi.move(INTERFACE, line.gateway.wireguard_key, await line.endpoint(INTERFACE))
            return
        address = next((path.address for path in self.facts.paths if path.gateway == line.gateway.id), None)
        if address is not None:
            peer = Peer(line.gateway.wireguard_key, await line.endpoint(INTERFACE), [_EVERYWHERE])
            before = await asyncio.to_thread(self._spare.inside.address, IPv4Address(address))
            try:
                await shake.shake(INTERFACE, uapi.private_key(INTERFACE), peer)
            finally:
                await asyncio.to_thread(self._spare.inside.reset, before)

    async def _answers(self, key: PrivateKey, address: IPv4Address, line: Line, office_pc: OfficePc) -> bool:
        try:
            await asyncio.to_thread(self._spare.inside.address, address)
            peer = Peer(line.gateway.wireguard_key, await line.endpoint(INTERFACE), [_EVERYWHERE])
            if not await shake.shake(INTERFACE, key, peer):
                return False
            await asyncio.to_thread(_first_answer, self._spare.inside, office_pc)
        except OSError:  # or closed meanwhile
            return False
        return True

    def show(self, shown: Shown, display: Display) -> None:
        """Start the desktop. Raises OSError."""
        self._desktop = desktop.start(shown, display)
        self._keep()

    def open(self, application: WebApplication, browser: Browser, display: Display) -> None:
        """Open a web application beside the desktop. Raises OSError or ValueError."""
        self._windows.open(application, browser, display)
        self._keep()

    async def closed(self, application: str) -> None:
        """Wait until nothing shows the application any more; one that was opened anew meanwhile is waited for too."""
        while (running := self._windows.process(application)) is not None:
            await process.ended(running)
            if self._windows.process(application) == running:
                return

    def hide(self) -> None:
        """End the desktop at once; the tunnel stays."""
        if self._desktop is not None:
            self._desktop.end()
            self._desktop = None
            self._keep()

    def hide_windows(self) -> None:
        """End the web applications at once."""
        self._windows.end()
        self._keep()

    def lock(self, *, locked: bool) -> None:
        """Note that the screen is covered, or not any more, also for the next agent."""
        self.facts = msgspec.structs.replace(self.facts, locked=locked)
        self._keep()

    def obey(self, settings: StickSettings) -> None:
        """Obey other settings; sound and microphone from the next desktop on."""
        self.facts = msgspec.structs.replace(self.facts, settings=settings)
        self._windows.permit(settings.web_applications)
        self._keep()

    async def ended(self) -> Problem:
        """Wait for the desktop's own end and return why."""
        if self._desktop is None:
            return Problem(Code.DESKTOP_ENDED)
        return await self._desktop.ended()

    async def answers(self, seconds: float) -> bool:
        """Say whether the office PC's RDP port answers within so many seconds; one that refuses does not."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.to_thread(_first_answer, self._spare.inside, self.facts.office_pc)
                        return True
                    await asyncio.sleep(ASK_AGAIN_S)
        except OSError:  # the bound's TimeoutError too, and closed meanwhile
            return False

    def close(self) -> None:
        """End desktop, windows, tunnel and namespace; done when this returns, and harmless when repeated."""
        self._windows.end()
        if self._desktop is not None:
            self._desktop.end()
        self._spare.close()
        carrier.kill(INTERFACE)
        self._file.unlink(missing_ok=True)

    @classmethod
    def adopt(cls, folder: Path) -> "Session | None":
        """Return the session that runs on from an earlier agent; clear away what is left of a dead one."""
        try:
            kept = wire.decode((folder / STATE_FILE).read_bytes(), Adoptable)
        except (OSError, Problem):
            return None
        session = cls(Spare(kept.tunnel, SessionNetwork(INTERFACE)), kept.facts, folder)
        session._windows = Windows(kept.windows, kept.input_method)
        if kept.desktop is not None:
            session._desktop = Desktop(kept.desktop)
        if process.alive(kept.tunnel) and (kept.desktop is None or process.alive(kept.desktop)):
            with contextlib.suppress(OSError):
                session._spare.inside.enter()
            return session
        session.close()
        return None

    def _keep(self) -> None:
        running = self._desktop.running if self._desktop is not None else None
        kept = Adoptable(
            facts=self.facts,
            tunnel=self._spare.tunnel,
            desktop=running,
            windows=self._windows.running(),
            input_method=self._windows.input_method(),
        )
        _write(self._file, wire.encode(kept))


def _first_answer(inside: SessionNetwork, office_pc: OfficePc) -> None:
    inside.connect(office_pc.address, office_pc.port, FIRST_PACKET_S).close()


def _write(file: Path, content: bytes) -> None:
    fresh = file.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    fresh.rename(file)
