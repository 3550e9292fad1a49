"""F53: nobody answers the gateway while fifty work: strict leases end at their TTL, best effort lives to its grace."""

import time
from pathlib import Path
from typing import Final

import pytest

from hanare_core.messages.gateway import Beat
from hanare_lab.wait import until
from tests.gateway.papers import Stick
from tests.gateway.site import Site
from tests.gateway.stream import RDP

pytestmark = [pytest.mark.lab, pytest.mark.story]

STRICT: Final = 25
BEST_EFFORT: Final = 25
TTL_MS: Final = 6_000
GRACE_MS: Final = 9_000
SLACK_S: Final = 3.0
"""A look of ours at what the kernel has ended by itself."""


def test_fifty_work_while_nobody_answers(tmp_path: Path) -> None:
    """All stand while answers come; then half are gone after a TTL, the others after TTL and grace, nobody sooner."""
    with Site(tmp_path) as site:
        site.start_agent()
        site.hub.introduce()
        sticks = [Stick(number) for number in range(1, STRICT + BEST_EFFORT + 1)]
        graces = [0] * STRICT + [GRACE_MS] * BEST_EFFORT
        target = (site.pc_address, RDP)
        site.hub.delta(
            *(one.lease(target, ttl_ms=TTL_MS, grace_ms=grace) for one, grace in zip(sticks, graces, strict=True))
        )
        site.hub.forget()
        site.hub.wait_for(Beat)
        assert len(site.elements()) == len(sticks)
        kept = {stick.address for stick in sticks[STRICT:]}
        site.hub.answers = False
        silent = time.monotonic()  # an answer or two may be under way: nothing ends later than this and TTL and grace
        until(lambda: len(site.elements()) < len(sticks), seconds=_from(silent, TTL_MS), what="the first end")
        until(lambda: _sources(site) <= kept, seconds=_from(silent, TTL_MS), what="the end of all strict leases")
        assert _sources(site) == kept
        stood_until = time.monotonic()
        while _sources(site) == kept:
            stood_until = time.monotonic()
            assert stood_until < silent + (TTL_MS + GRACE_MS) / 1000 + SLACK_S
        until(lambda: not site.elements(), seconds=SLACK_S, what="the end of all the others")
        assert stood_until > silent + GRACE_MS / 1000


def _from(start: float, span_ms: int) -> float:
    return start + span_ms / 1000 + SLACK_S - time.monotonic()


def _sources(site: Site) -> set[str]:
    return {element.split(" . ")[0] for element in site.elements()}
