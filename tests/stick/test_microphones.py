"""The wish to mute the microphones: repeated until each has obeyed, and given up for a newer one."""

import asyncio
from typing import Final

import pytest

from hanare_stick.microphones import Microphones, microphones
from hanare_stick.settings import Sound
from hanare_stick.sound_server import SoundServer

ENDED_S: Final = 30.0

_NODE: Final = '{{"id":{},"type":"PipeWire:Interface:Node","info":{{"props":{{"media.class":"{}"}}}}}}'
DUMP: Final = f"[{_NODE.format(7, 'Audio/Source')},{_NODE.format(8, 'Audio/Source/Virtual')}]"
ROUND: Final = ["pw-dump", "wpctl set-mute 7 1", "wpctl set-mute 8 1"]
HANGS: Final = "hangs"


class Scripted(SoundServer):
    """A sound server with these answers, one after the other."""

    def __init__(self, *answers: str | None) -> None:
        super().__init__(Sound(uid=1, gid=1, play="/play", talk="/talk", run="/run"))
        self._answers = list(answers)
        self.asked: list[str] = []
        self.hangs = asyncio.Event()

    async def ask(self, *program: str) -> str | None:
        """Give the next answer, or none for ever."""
        self.asked.append(" ".join(program))
        answer = self._answers.pop(0)
        if answer == HANGS:
            self.hangs.set()
            await asyncio.Event().wait()
        return answer


def test_every_node_that_can_be_recorded_is_a_microphone() -> None:
    """Nodes without props name none and hide none; what cannot be read does not say that there are none."""
    listed = [_NODE.format(7, "Audio/Source"), _NODE.format(8, "Audio/Sink"), _NODE.format(9, "Audio/Source/Virtual")]
    empty = ['{"id":1}', '{"id":2,"info":null}', '{"id":3,"info":{"props":null}}', '{"id":4,"info":{"props":{}}}']
    assert microphones(f"[{','.join(empty + listed)}]") == ["7", "9"]
    assert microphones("[]") == []
    assert microphones(None) is microphones("") is microphones("nonsense") is None


@pytest.mark.parametrize(
    ("faulty", "asked"),
    [([None], ["pw-dump"]), (["nonsense"], ["pw-dump"]), ([DUMP, None, ""], ROUND)],
    ids=["no list", "an unreadable list", "one that does not obey"],
)
def test_a_mute_that_fails_is_said_once_and_repeated(
    faulty: list[str | None], asked: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is tried again, until the list came and every microphone has obeyed."""
    monkeypatch.setattr("hanare_stick.microphones.AGAIN_S", 0.0)

    async def muted() -> None:
        server = Scripted(*faulty, *faulty, DUMP, "", "")
        Microphones(server).listen(live=False)
        await _end()
        assert server.asked == asked * 2 + ROUND

    asyncio.run(muted())
    assert [record.message for record in caplog.records] == ["microphones not muted yet; tried again until they are"]


def test_the_newest_wish_wins() -> None:
    """A lock does not wait for an unlock that hangs: that is given up, and none of its words comes later."""

    async def muted() -> None:
        server = Scripted(HANGS, DUMP, "", "")
        ears = Microphones(server)
        ears.listen(live=True)
        await asyncio.wait_for(server.hangs.wait(), ENDED_S)
        ears.listen(live=False)
        await _end()
        assert server.asked == ["pw-dump", *ROUND]

    asyncio.run(muted())


async def _end() -> None:
    """Wait until no wish is left."""
    wishes = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*wishes, return_exceptions=True), ENDED_S)
