"""The control socket: who gets in, what is refused, and a screen that leaves."""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hanare_stick.control import SOCKET, UNREAD_BYTES, Control, Listener
from hanare_stick.control_messages import AnyRequest, Lock, Note, Office

WAIT_S = 60.0


async def until(condition: Callable[[], object]) -> None:
    """Give way until the condition holds; the story's time bounds it."""
    while not condition():  # noqa: ASYNC110 - what is awaited tells nobody
        await asyncio.sleep(0)


class Desk:
    """An agent that only notes."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[AnyRequest] = []
        self.left = asyncio.Event()
        greeting = [Office(organisation="離れ市", help_desk="0123-45-6789")]
        listener = Listener(self._hear, lambda: greeting, self.left.set)
        self.control = Control(folder, (0, os.getgid()), listener)

    async def _hear(self, request: AnyRequest) -> None:
        self.asked.append(request)


@asynccontextmanager
async def open_desk(folder: Path) -> AsyncIterator[Desk]:
    desk = Desk(folder)
    serving = asyncio.create_task(desk.control.serve())
    await until((folder / SOCKET).exists)
    try:
        yield desk
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def run(folder: Path, story: Callable[[Desk], Awaitable[None]]) -> None:
    async def told() -> None:
        async with asyncio.timeout(WAIT_S), open_desk(folder) as desk:
            await story(desk)

    asyncio.run(told())


async def heard(reader: asyncio.StreamReader) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(await reader.readline())
    return event


def test_a_client_first_hears_the_office(tmp_path: Path) -> None:
    """The help desk's number is there before anything was asked, and the socket is not for everybody."""

    async def story(_desk: Desk) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
        assert await heard(reader) == {
            "type": "office",
            "organisation": "離れ市",
            "help_desk": "0123-45-6789",
            "user": "",
            "language": "ja",
            "keyboard": "jis",
            "tour_seen": False,
            "factor": False,
            "security_key": False,
            "pin_characters": 6,
            "pin_composition": False,
        }
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o660
        writer.close()

    run(tmp_path, story)


def test_nonsense_is_refused_and_the_next_line_counts(tmp_path: Path) -> None:
    """Broken JSON, unknown types, control characters and wrong bounds get `malformed`; nothing reaches the agent."""
    lines = [
        b"{",
        b'{"type":"shell"}',
        b'{"type":"lock","also":1}',
        b'{"type":"unlock","pin":"a\\u0000b"}',
        b'{"type":"area","width":99999,"height":700}',
        b'{"type":"sign-in","user":"a"}',
        b"\xff\xfe",
    ]

    async def story(desk: Desk) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
        await heard(reader)
        for line in lines:
            writer.write(line + b"\n")
            assert (await heard(reader))["code"] == "malformed", line
        assert desk.asked == []
        writer.write(b'{"type":"lock"}\n')
        await until(lambda: desk.asked)
        assert desk.asked == [Lock()]
        writer.close()

    run(tmp_path, story)


def test_only_the_screen_is_missed(tmp_path: Path) -> None:
    """When the client that gave an area leaves, the agent hears it; of another client's leaving it does not."""

    async def story(desk: Desk) -> None:
        _, other = await asyncio.open_unix_connection(tmp_path / SOCKET)
        _, screen = await asyncio.open_unix_connection(tmp_path / SOCKET)
        screen.write(b'{"type":"area","width":1280,"height":680}\n')
        await until(lambda: desk.asked)
        assert desk.control.has_screen
        other.write(b'{"type":"status"}\n')
        other.close()
        await until(lambda: len(desk.asked) > 1)
        assert not desk.left.is_set()
        screen.close()
        await desk.left.wait()
        assert not desk.control.has_screen

    run(tmp_path, story)


def test_a_client_that_reads_nothing_is_cut_off(tmp_path: Path) -> None:
    """A hung client costs a bounded amount of memory, and the others go on."""

    async def story(desk: Desk) -> None:
        hung, hung_writer = await asyncio.open_unix_connection(tmp_path / SOCKET, limit=1)
        note = Note(note="n-1", ja="x" * 500, en="")
        for _ in range(3 * UNREAD_BYTES // 500):
            desk.control.tell(note)
            await asyncio.sleep(0)
        with_end = await hung.read(1)
        assert with_end
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
        assert (await heard(reader))["type"] == "office"
        for closing in (writer, hung_writer):
            closing.close()

    run(tmp_path, story)
