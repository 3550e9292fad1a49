"""Waiting for an event, but not longer than something else allows."""

import asyncio


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, or until the seconds are over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
