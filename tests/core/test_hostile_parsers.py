"""Certificate, ticket, channel frame and state slot against bytes that nobody meant: no crash, no hang, bounded memory.

Hypothesis mutates valid inputs and the files of `corpus/`, to which every input that ever broke a parser is added.
Forty a parser for every change, the soak part `parsers` takes ten thousand.
"""

import contextlib
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import certificate, keyring, ratchet, signed, ticket, wire
from hanare_core.certificate import StickCertificate
from hanare_core.keyring import Keyring, KeySet
from hanare_core.messages import gateway, renewal, stick
from hanare_core.problems import Problem
from hanare_core.ticket import Factor, Ticket
from tests.figures import figure

CORPUS: Final = Path(__file__).parent / "corpus"
KEY: Final = SigningKey(bytes(32))
PUBLIC: Final = signed.public_text(KEY)
MAX_SECONDS: Final = 2.0
"""Wide: every one of these takes well under a millisecond per kilobyte."""
MAX_BYTES: Final = 16 * wire.BULK_BYTES
MANY: Final = 10_000
"""Inputs of each parser in the soak part."""

_CERTIFICATE: Final = certificate.issue(
    StickCertificate("city", "stick-1", PUBLIC, wire.key_text(bytes(32)), 0, 2**52), KEY
)
_TICKET: Final = ticket.issue(
    Ticket("t-1", "city", "stick-1", "usr-1", wire.key_text(bytes(32)), (Factor.PIN,), 0, 1000), KEY
)
_DOOR: Final = gateway.Door("stick-1", gateway.State.PRESENT, _CERTIFICATE)
_SNAPSHOT: Final = gateway.Snapshot(1, 1, 0, 0, (_DOOR,), (), False)
_BEAT: Final = gateway.Beat(1, (gateway.Fact("lea-1", 1, 1, 1),))
_SEED: Final = wire.key_text(bytes(32))
_SLOT: Final = ratchet.encode(ratchet.StickState(1, 2, 3))
_RING: Final = keyring.new_area(Keyring(PUBLIC, KeySet(_SEED, _SEED, _CERTIFICATE)))[:2048]
_REQUESTS: Final = renewal.lines([renewal.Request(_CERTIFICATE, _CERTIFICATE)] * 2)
_VALID: Final = [
    _CERTIFICATE.encode(),
    _TICKET.encode(),
    wire.encode(_SNAPSHOT),
    wire.encode(_BEAT),
    _SLOT,
    _RING,
    _REQUESTS,
]


def _frame(data: bytes, shape: Any) -> None:
    wire.decode(data, shape, limit=wire.BULK_BYTES)


PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    "certificate": lambda data: certificate.verify(_text(data), PUBLIC, organisation="city", now_ms=1),
    "unverified certificate": lambda data: signed.unverified(_text(data), StickCertificate),
    "ticket": lambda data: ticket.verify(_text(data), PUBLIC, organisation="city", now_ms=1),
    "frame to a gateway": lambda data: _frame(data, gateway.FromHub),
    "frame from a gateway": lambda data: _frame(data, gateway.FromGateway),
    "frame to a stick": lambda data: _frame(data, stick.FromHub),
    "state slot": ratchet.decode,
    "state area": ratchet.read,
    "key area": keyring.read,
    "file of requests": lambda data: renewal.read(data, renewal.Request),
}


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def mutated(seeds: Iterable[bytes]) -> st.SearchStrategy[bytes]:
    """Return what comes of valid inputs by cutting, repeating, swapping and changing bytes."""
    seed = st.sampled_from(list(seeds))
    cuts = st.tuples(seed, st.integers(0, 4096), st.integers(0, 64), st.binary(max_size=64), st.integers(1, 50))
    return cuts.map(
        lambda cut: ((cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :]) * cut[4])[: 2 * wire.BULK_BYTES]
    )


INPUTS: Final = st.binary(max_size=2048) | mutated([*_VALID, *(path.read_bytes() for path in CORPUS.glob("*.bin"))])


def parse(name: str, data: bytes) -> None:
    """Parse; whatever is not taken must be refused by a Problem, in time and within memory."""
    began = time.process_time()
    with contextlib.suppress(Problem):
        PARSERS[name](data)
    assert time.process_time() - began < MAX_SECONDS


@pytest.mark.parametrize("name", PARSERS)
@given(data=INPUTS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes(name: str, data: bytes) -> None:
    """Any bytes are taken or refused, and nothing else happens."""
    parse(name, data)


@pytest.mark.parametrize("name", PARSERS)
def test_the_corpus(name: str) -> None:
    """What once broke a parser, and the ends of every bound, are taken or refused within a bounded memory."""
    tracemalloc.start()
    for data in [*_VALID, *(path.read_bytes() for path in sorted(CORPUS.glob("*.bin")))]:
        parse(name, data)
        parse(name, data * 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_BYTES


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PARSERS)
def test_any_bytes_for_long(name: str) -> None:
    """The same, for long: no input takes seconds of the processor, or more memory than sixteen messages."""
    tried, seconds, peaks = 0, 0.0, 0

    @given(data=INPUTS)
    @settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
    def run(data: bytes) -> None:
        nonlocal tried, seconds, peaks
        tracemalloc.start()
        began = time.process_time()
        try:
            parse(name, data)
            seconds = max(seconds, time.process_time() - began)
            peaks = max(peaks, tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        tried += 1
        assert peaks < MAX_BYTES

    run()
    short = name.replace(" ", "_")
    figure(f"{short}", tried, f"inputs, at most {seconds * 1000:.0f} ms and {peaks / 2**20:.1f} MiB each")
