"""The agent's one piece of work: whatever it ends with, the person hears of it and the next may begin."""

import asyncio
import logging

import pytest

from hanare_core.problems import Code, Problem
from hanare_stick.work import Work

WAIT_S = 60.0


@pytest.mark.parametrize("error", [OSError(), TypeError("of a person: 749203"), KeyError(1), TimeoutError()])
def test_what_nobody_foresaw_is_told_and_the_next_work_begins(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """It is an internal problem of the stick's to the person, a place in the log, and never `busy` for ever."""
    told: list[Problem | None] = []

    async def story() -> None:
        ended = asyncio.Event()

        async def finished(problem: Problem | None) -> None:
            told.append(problem)
            ended.set()

        async def broken() -> None:
            raise error

        async def well() -> None:
            """Do nothing."""

        work = Work(finished)
        for piece in (broken(), well()):
            ended.clear()
            work.start(piece)
            async with asyncio.timeout(WAIT_S):
                await ended.wait()
                await work.stop(Code.ENDED_BY_USER)

    asyncio.run(story())
    assert told[0] is not None
    assert (told[0].code, told[0].detail) == (Code.INTERNAL, {"part": "stick"})
    assert told[1] is None
    assert [record.levelno for record in caplog.records if record.name == "hanare_stick.work"] == [logging.ERROR]
