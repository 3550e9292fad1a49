"""The stick's word to the server that its session has ended."""

import contextlib
from typing import Final

from hanare_core import signed
from hanare_core.effects import Ask
from hanare_core.messages import api as messages
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_stick.api import Api
from hanare_stick.device import Device

OWN_REASONS: Final = frozenset(
    {
        Code.DESKTOP_ENDED,
        Code.DESKTOP_INSECURE,
        Code.DESKTOP_NOT_AUTHENTIC,
        Code.DESKTOP_UNREACHABLE,
        Code.ENDED_BY_USER,
        Code.HARD_END,
        Code.IDLE,
    }
)
"""Ends that the server hears of from the stick alone; of the others it was the one to tell."""


async def say(api: Api, device: Device, session: str, reason: Code) -> None:
    """Tell why the session ended, once: if nobody hears it the server notices that no packet comes."""
    proof = signed.sign(Kind.END, messages.EndBody(session=session, reason=reason), device.identity)
    request = messages.End(stick=device.certificate.stick, signed=proof)
    with contextlib.suppress(Problem):
        await api.ask(Ask(f"{messages.PREFIX}/end", request, messages.Done))
