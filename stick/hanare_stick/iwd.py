"""iwd over D-Bus: what Wi-Fi networks are in reach, and joining one (iwd, doc/{station,network,agent}-api.txt).

One connection to the bus a piece of work; while it stands we are iwd's agent, and give the one secret that was typed
for the one network that is being joined, to iwd alone. Enterprise networks are told to iwd by a provisioning file in
memory (iwd.network(5)), PEAP with MSCHAPv2. Limits: the first radio; the enterprise's server is not verified, which is
why nothing of ours is ever sent to it: the office's door authenticates itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, new_error, new_method_call, new_method_return
from jeepney.io.asyncio import DBusRouter, open_dbus_router
from jeepney.io.common import RouterClosed
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

from hanare_core.problems import Code, Problem
from hanare_stick.iwd_profile import provision

SERVICE: Final = "net.connman.iwd"
ROOT: Final = "/net/connman/iwd"
AGENT_PATH: Final = "/hanare/agent"
STATION: Final = f"{SERVICE}.Station"
NETWORK: Final = f"{SERVICE}.Network"
AGENT: Final = f"{SERVICE}.Agent"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"

ENTERPRISE: Final = "8021x"
STATE: Final = Path("/var/lib/iwd")

CALL_S: Final = 5.0
"""A local question."""
SCAN_S: Final = 12.0
"""All channels of both bands, passive ones included."""
JOIN_S: Final = 40.0
"""Association, EAP with a slow server, and iwd's own retry."""
POLL_S: Final = 0.2
ASKED: Final = 8
"""Questions of iwd that may wait; it asks one at a time."""

Objects = dict[str, dict[str, dict[str, tuple[str, Any]]]]


@dataclass(frozen=True)
class Seen:
    """A network in reach."""

    path: str
    name: str
    """As iwd tells it: UTF-8 in which strange bytes were replaced. Nothing else is sure about it."""
    kind: str
    """`open`, `wep`, `psk`, `8021x`, `hotspot`."""
    dbm: float = 0.0
    connected: bool = False


@dataclass(frozen=True)
class Typed:
    """What the person typed for a network."""

    user: str = ""
    password: str = ""


class Iwd:
    """iwd, reached by `opened`. Methods raise OSError when iwd is gone or there is no radio."""

    def __init__(self, router: DBusRouter, state: Path) -> None:
        self._router = router
        self._state = state
        self._owner = ""
        self._typed = Typed()
        self._asked = False

    async def scan(self) -> tuple[Seen, ...]:
        """Look around and return what is in reach, the best first."""
        station = _station(await self._objects())
        with contextlib.suppress(DBusErrorResponse):  # busy: it is looking already
            await self._call(station, STATION, "Scan")
        with contextlib.suppress(TimeoutError):  # then what was found until now
            async with asyncio.timeout(SCAN_S):
                while await self._property(station, STATION, "Scanning"):  # noqa: ASYNC110 - bounded
                    await asyncio.sleep(POLL_S)
        return await self.seen()

    async def seen(self) -> tuple[Seen, ...]:
        """Return what was in reach at the last look."""
        objects = await self._objects()
        (ordered,) = await self._call(_station(objects), STATION, "GetOrderedNetworks")
        return tuple(_seen(path, objects[path][NETWORK], dbm / 100) for path, dbm in ordered if path in objects)

    async def join(self, network: Seen, typed: Typed) -> None:
        """Join a network in reach; raise Problem that says what went wrong."""
        self._typed, self._asked = typed, False
        if network.kind == ENTERPRISE:
            provision(self._state, network.name, typed.user, typed.password)
            await self._provisioned(network)
        await self._joined(network.kind, network.path, NETWORK, "Connect")

    async def join_hidden(self, name: str, typed: Typed) -> None:
        """Join a network that does not tell its name; raise Problem that says what went wrong."""
        self._typed, self._asked = typed, False
        station = _station(await self._objects())
        await self._joined("psk", station, STATION, "ConnectHiddenNetwork", "s", (name,))

    async def register(self) -> None:
        """Become iwd's agent."""
        await self._call(ROOT, f"{SERVICE}.AgentManager", "RegisterAgent", "o", (AGENT_PATH,))

    async def answer(self, asked: asyncio.Queue[Message]) -> None:
        """Answer as iwd's agent until cancelled."""
        while True:
            await self._router.send(self._answered(await asked.get()))

    def _answered(self, call: Message) -> Message:
        fields = call.header.fields
        if fields.get(HeaderFields.sender) != self._owner:
            return new_error(call, "org.freedesktop.DBus.Error.AccessDenied")
        member = fields.get(HeaderFields.member)
        if member in {"Release", "Cancel"}:
            return new_method_return(call)
        self._asked = True
        if member not in {"RequestPassphrase", "RequestUserPassword"} or not self._typed.password:
            return new_error(call, f"{AGENT}.Error.Canceled")
        return new_method_return(call, "s", (self._typed.password,))

    async def _joined(self, kind: str, path: str, interface: str, method: str, *body: Any) -> None:
        try:
            await self._call(path, interface, method, *body, seconds=JOIN_S)
        except DBusErrorResponse as error:
            raise Problem(self._code(error.name, kind)) from error
        except TimeoutError as error:
            raise Problem(Code.WIFI_UNREACHABLE) from error
        finally:
            self._typed = Typed()

    def _code(self, error: str, kind: str) -> Code:
        """Return what iwd's error means: a wrong password is `Failed` after the secret was asked for."""
        reason = error.removeprefix(f"{SERVICE}.")
        if reason == "NotSupported":
            return Code.WIFI_UNSUPPORTED
        if reason not in {"Failed", "InvalidFormat", "Aborted", "NotConfigured"}:
            return Code.WIFI_UNREACHABLE
        if kind == ENTERPRISE:
            return Code.WIFI_ACCOUNT_REFUSED
        return Code.WIFI_PASSWORD_WRONG if self._asked else Code.WIFI_UNREACHABLE

    async def _provisioned(self, network: Seen) -> None:
        """Wait until iwd has read the file; if it does not, joining says so."""
        with contextlib.suppress(TimeoutError, DBusErrorResponse):
            async with asyncio.timeout(CALL_S):
                while not await self._property(network.path, NETWORK, "KnownNetwork"):  # noqa: ASYNC110 - bounded
                    await asyncio.sleep(POLL_S)

    async def _property(self, path: str, interface: str, name: str) -> Any:
        try:
            ((_, value),) = await self._call(path, PROPERTIES, "Get", "ss", (interface, name))
        except DBusErrorResponse as error:
            if error.name.endswith((".NotFound", ".InvalidArgs", ".UnknownProperty")):  # optional, and not there now
                return None
            raise
        return value

    async def _objects(self) -> Objects:
        (objects,) = await self._call("/", OBJECTS, "GetManagedObjects")
        return dict(objects)

    async def _call(self, path: str, interface: str, method: str, *body: Any, seconds: float = CALL_S) -> Any:
        address = DBusAddress(path, bus_name=SERVICE, interface=interface)
        async with asyncio.timeout(seconds):
            reply = await self._router.send_and_get_reply(new_method_call(address, method, *body))
        self._owner = reply.header.fields.get(HeaderFields.sender, "")
        return unwrap_msg(reply)


@contextlib.asynccontextmanager
async def opened(bus: str = "SYSTEM", state: Path = STATE) -> AsyncIterator[Iwd]:
    """Give iwd; OSError when there is no bus, no iwd or no radio, whenever that shows."""
    try:
        async with open_dbus_router(bus) as router:
            iwd = Iwd(router, state)
            rule = MatchRule(type="method_call", interface=AGENT, path=AGENT_PATH)
            with router.filter(rule, bufsize=ASKED) as asked:
                await iwd.register()
                answering = asyncio.create_task(iwd.answer(asked))
                try:
                    yield iwd
                finally:
                    answering.cancel()
    except (DBusErrorResponse, RouterClosed, EOFError, TimeoutError) as error:
        raise OSError("iwd does not answer") from error


def _station(objects: Objects) -> str:
    for path in sorted(objects):
        if STATION in objects[path]:
            return path
    raise OSError("no radio")


def _seen(path: str, network: dict[str, tuple[str, Any]], dbm: float) -> Seen:
    def value(name: str, default: Any) -> Any:
        return network.get(name, ("", default))[1]

    return Seen(path, str(value("Name", "")), str(value("Type", "")), dbm, bool(value("Connected", False)))
