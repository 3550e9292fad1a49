"""A scripted iwd on a private bus: the real interfaces (Station, Network, AgentManager, objects), invented radios.

It asks its agent for passphrases as iwd does, refuses with iwd's own error names, and reads the provisioning files.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.asyncio import DBusConnection, open_dbus_connection

from hanare_stick.iwd_profile import file_name

IWD: Final = "net.connman.iwd"
STATION: Final = "/net/connman/iwd/0/3"
AGENT_SERIAL: Final = 9000


@dataclass
class Air:
    """One network that the invented radio hears."""

    name: str
    kind: str = "psk"
    password: str = ""
    dbm: int = -50
    hidden: bool = False
    user: str = ""


@dataclass
class Service:
    """What iwd knows."""

    air: list[Air]
    state: Path
    radio: bool = True
    joined: str = ""
    asked: list[str] = field(default_factory=list)
    scans: int = 0
    before_asking: Callable[[], Awaitable[None]] | None = None
    """Happens while a network is being joined."""
    agent: tuple[str, str] = ("", "")
    connection: DBusConnection | None = None
    waiting: dict[int, tuple[Message, Air]] = field(default_factory=dict)

    async def serve(self, connection: DBusConnection) -> None:
        """Answer until cancelled."""
        self.connection = connection
        while True:
            message = await connection.receive()
            kind = message.header.message_type
            if kind is MessageType.method_call:
                await connection.send(await self._called(message))
            elif kind in {MessageType.method_return, MessageType.error}:
                await self._secret(message)

    async def _called(self, call: Message) -> Message:
        member, path = call.header.fields[HeaderFields.member], call.header.fields[HeaderFields.path]
        match member:
            case "GetManagedObjects":
                return new_method_return(call, "a{oa{sa{sv}}}", (self._objects(),))
            case "RegisterAgent":
                self.agent = (call.header.fields[HeaderFields.sender], call.body[0])
                return new_method_return(call)
            case "Scan":
                self.scans += 1
                return new_method_return(call)
            case "Get":
                return self._property(call, path)
            case "GetOrderedNetworks":
                ordered = [(_path(one), one.dbm * 100) for one in sorted(self.air, key=lambda one: -one.dbm)]
                return new_method_return(call, "a(on)", (ordered,))
            case _:
                return await self._connect(call, path)

    def _property(self, call: Message, path: str) -> Message:
        if call.body[1] == "Scanning":
            return new_method_return(call, "v", (("b", False),))
        name = next(one.name for one in self.air if _path(one) == path)
        if (self.state / file_name(name)).exists():
            return new_method_return(call, "v", (("o", "/net/connman/iwd/known"),))
        return new_error(call, "org.freedesktop.DBus.Error.InvalidArgs")

    async def _connect(self, call: Message, path: str) -> Message:
        if call.header.fields[HeaderFields.member] == "ConnectHiddenNetwork":
            one = next((one for one in self.air if one.hidden and one.name == call.body[0]), None)
            missing = f"{IWD}.NotFound"
        else:
            one = next((one for one in self.air if _path(one) == path), None)
            missing = "org.freedesktop.DBus.Error.UnknownObject"
        if one is None:
            return new_error(call, missing)
        return await self._admit(call, one)

    async def _admit(self, call: Message, one: Air) -> Message:
        if one.kind == "wep":
            return new_error(call, f"{IWD}.NotSupported")
        if one.kind == "8021x":
            return self._enterprise(call, one)
        if one.kind == "psk":
            await self._ask(call, one)
            return await self._next_reply()
        self.joined = one.name
        return new_method_return(call)

    def _enterprise(self, call: Message, one: Air) -> Message:
        file = self.state / file_name(one.name)
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        right = {f"EAP-PEAP-Phase2-Identity={one.user}", f"EAP-PEAP-Phase2-Password={one.password}"}
        if not right <= set(lines):
            return new_error(call, f"{IWD}.Failed")
        self.joined = one.name
        return new_method_return(call)

    async def _ask(self, call: Message, one: Air) -> None:
        assert self.connection is not None
        if self.before_asking is not None:
            await self.before_asking()
        owner, path = self.agent
        question = DBusAddress(path, bus_name=owner, interface=f"{IWD}.Agent")
        serial = AGENT_SERIAL + len(self.asked)
        self.asked.append(one.name)
        self.waiting[serial] = (call, one)
        await self.connection.send(new_method_call(question, "RequestPassphrase", "o", (_path(one),)), serial=serial)

    async def _next_reply(self) -> Message:
        assert self.connection is not None
        while True:
            message = await self.connection.receive()
            if message.header.fields.get(HeaderFields.reply_serial, 0) in self.waiting:
                return self._judged(message)

    async def _secret(self, message: Message) -> None:
        """Ignore answers that nobody waits for."""

    def _judged(self, message: Message) -> Message:
        call, one = self.waiting.pop(message.header.fields[HeaderFields.reply_serial])
        if message.header.message_type is MessageType.error:
            return new_error(call, f"{IWD}.Aborted")
        if message.body[0] != one.password:
            return new_error(call, f"{IWD}.Failed")
        self.joined = one.name
        return new_method_return(call)

    def _objects(self) -> dict[str, dict[str, dict[str, tuple[str, Any]]]]:
        objects: dict[str, dict[str, dict[str, tuple[str, Any]]]] = {
            _path(one): {
                f"{IWD}.Network": {
                    "Name": ("s", one.name),
                    "Type": ("s", one.kind),
                    "Connected": ("b", one.name == self.joined),
                }
            }
            for one in self.air
            if not one.hidden
        }
        if self.radio:
            objects[STATION] = {f"{IWD}.Station": {"State": ("s", "disconnected"), "Scanning": ("b", False)}}
        return objects


@contextlib.asynccontextmanager
async def on_a_private_bus(folder: Path, *air: Air, radio: bool = True) -> AsyncIterator[tuple[str, Service]]:
    """Give the bus's address and the scripted iwd on it."""
    place = folder / "bus"
    bus = await asyncio.create_subprocess_exec(
        "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address", f"--address=unix:path={place}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert bus.stdout is not None
    address = (await asyncio.wait_for(bus.stdout.readline(), 10)).decode().strip()
    service = Service(list(air), folder / "iwd", radio=radio)
    try:
        connection = await open_dbus_connection(address)
        await connection.send(message_bus.RequestName(IWD))
        serving = asyncio.create_task(service.serve(connection))
        try:
            yield address, service
        finally:
            serving.cancel()
            await connection.close()
    finally:
        bus.kill()
        await bus.wait()


def _path(one: Air) -> str:
    return f"{STATION}/{one.name.encode().hex()}_{one.kind}"
