"""Suspension in a crowd: 10,000 peers, leases and rows on one gateway, 124 of them real tunnels that send.

PostgreSQL with fsync. Request → last packet by the office PC's capture, one stick after another while its stream sends
every millisecond; then a department of a hundred by one request. The same on SQLite with 500 sessions. Rows and papers
are made by the bench with the office's own keys; server, hub, gateway agent, nftables and WireGuard are the real ones.
Besides: how long a stop took to its commit and from there to the removal (by the receipt, whole milliseconds, of one
host's clock: it does not depend on when the stream sent), and the processor time of each part of Hanare at rest and
while the single stops went on (the console's request, keyd's seal and the worker's rounds included).

124 homes, the office PC and the capture are other computers in an office; here they share two cores with server and
gateway. So their processes run ELSEWHERE_NICE behind (nice(1)). Server and gateway run as they are installed: only the
worker stands back, as it does everywhere, by its own word. A stream that stands back may send its last packet earlier
than the last that could have passed; that is why the removal's row stands beside it, under the same limit.

    python -m bench.bench_suspend_crowd [--small]        (HANARE_BENCH_LEASES sets another number than 10,000)
"""

import json
import os
import secrets
import sys
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from bench import processor
from bench.report import Row, percentile, publish
from hanare_core import certificate, ticket, wire
from hanare_gateway.allow_set import AllowSet
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.installation.gateway import PORT
from hanare_lab.installation.hall import ORGANISATION, Hall
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.process import Process
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import until
from tests.gateway.net import in_network
from tests.postgres import Postgres

CROWD: Final = int(os.environ.get("HANARE_BENCH_LEASES", "10000"))
CROWD_SQLITE: Final = 500
SINGLE: Final = 24
"""With those stopped together 124 tunnels: a user may watch 128 sockets (fs.inotify.max_user_instances)."""
TOGETHER: Final = 100
PACE_MS: Final = 500
FAST_MS: Final = 1
PACE_TOGETHER_MS: Final = 50
"""A hundred streams of twenty packets a second: 124 wireguard-go and both ends share two cores with what is measured.
The last packet of each may be earlier by this than the last that could have passed."""

ELSEWHERE_NICE: Final = 10
"""A ninth of the weight of server and gateway, for what runs on computers of its own in an office."""

LIMIT_MS: Final = 50.0
LIMIT_TOGETHER_MS: Final = 500.0
LIVES_S: Final = 30.0
"""Longest wait until every asked stream sends and is acknowledged."""

LIVING_S: Final = 0.5
"""A stream counts as living when its last packet before the request is younger: a busy machine stalls the sender."""

BUFFER_KIB: Final = 65_536
"""A capture that lost packets would say that they came to an end earlier."""

REST_S: Final = 10.0
"""Two of the worker's rounds and of the gateway's looks."""

AFTER_S: Final = 0.2
APPLIED_S: Final = 120.0
FLOWING_S: Final = 180.0
DAY_MS: Final = 24 * 3600 * 1000
FIRST_ADDRESS: Final = 300
_ELSEWHERE: Final = ("nice", f"-n{ELSEWHERE_NICE}")
FROM_SESSIONS: Final = f"src net {addresses.SESSION_POOL} and tcp dst port {RDP_PORT} and tcp[tcpflags] & tcp-rst == 0"


@dataclass(frozen=True)
class Member:
    """One session of the crowd, as its row and its tunnel need it."""

    stick: str
    user: str
    session: str
    lease: str
    department: str
    address: str
    identity_key: str
    door_key: str
    certificate: str
    ticket: str


@dataclass(frozen=True)
class Stop:
    """One stop: when it was asked (Unix time, ns), its ms to the commit and from there to the removal, its receipts."""

    sent_ns: int
    to_commit: float
    to_removed: float
    receipts: int


@dataclass(frozen=True)
class Figures:
    """What one database showed, in ms; `rest`: processor time a second by part, `busy`: what a stop takes beside."""

    single: list[float]
    stops: list[Stop]
    together: float
    receipts: int
    asked: int
    rest: dict[str, float]
    busy: dict[str, float]

    @property
    def removed(self) -> list[float]:
        """When each single stop had left the gateway's kernel, ms after its request."""
        return [stop.to_commit + stop.to_removed for stop in self.stops]

    @property
    def share_receipted(self) -> float:
        """Receipts a stopped session: 1 when every one came."""
        return self.receipts / self.asked


def main() -> None:
    """Measure both databases and publish."""
    share = 20 if "--small" in sys.argv else 1
    large = _measure("postgresql", CROWD // share, max(SINGLE // share, 5), TOGETHER)
    small = _measure("sqlite", CROWD_SQLITE, max(SINGLE // share, 5), TOGETHER)
    against, at_once = f"the promised {LIMIT_MS:.0f} ms", f"the promised {LIMIT_TOGETHER_MS:.0f} ms"
    rows = []
    for name, figures in (("10k", large), ("sqlite_500", small)):
        p99 = percentile(figures.single, 0.99)
        count = len(figures.single)
        rows += [
            Row(f"suspend_{name}_p50_ms", percentile(figures.single, 0.5), "ms", count),
            Row(f"suspend_{name}_p99_ms", p99, "ms", count, against, p99 / LIMIT_MS),
            *_removed(name, figures.removed, against),
            Row(f"suspend_{name}_elsewhere_nice", ELSEWHERE_NICE, "", 1, "homes, office PC and capture stand back"),
        ]
        rows += _parts(name, figures)
        label = "suspend_100_at_once_ms" if name == "10k" else f"suspend_{name}_100_at_once_ms"
        rows += [
            Row(label, figures.together, "ms", 1, at_once, figures.together / LIMIT_TOGETHER_MS),
            Row(
                f"suspend_{name}_receipts",
                figures.receipts,
                "",
                figures.asked,
                "stops",
                figures.share_receipted,
            ),
        ]
    publish("suspend_crowd", rows)


def _removed(name: str, times: Sequence[float], against: str) -> list[Row]:
    p99 = percentile(times, 0.99)
    return [
        Row(f"suspend_{name}_removed_ms_p50", percentile(times, 0.5), "ms", len(times)),
        Row(f"suspend_{name}_removed_ms_p99", p99, "ms", len(times), against, p99 / LIMIT_MS),
    ]


def _measure(database: str, crowd: int, single: int, together: int) -> Figures:
    with _database(database) as (url, processes), Hall(database=url) as hall:
        hall.open()
        office_pc = hall.office_pcs[0]
        office_pc.stop()
        sink = ["python3", f"{CHECKOUT_INSIDE}/bench/stream.py", "sink", str(RDP_PORT)]
        office_pc.machine.start("sink", [*_ELSEWHERE, *sink])
        until(office_pc.listening, seconds=10, what="the sink")
        _ = hall.console  # signed in before the crowd is there
        members, keys = _members(hall, crowd, single, together)
        _fill(hall, members)
        allowed = in_network(hall.gateway.machine, AllowSet)  # nft's own listing takes minutes beside other work
        until(
            lambda: len(allowed.elements()) >= crowd,
            seconds=APPLIED_S,
            what="the crowd's leases in the kernel",
            every=1.0,
        )
        print(f"{database}: {crowd} leases in the kernel", flush=True)
        sender = _tunnels(hall, members, keys)
        print(f"{database}: {len(keys)} tunnels send", flush=True)
        seen = Capture(office_pc.machine, "eth0", FROM_SESSIONS, buffer_kib=BUFFER_KIB, nice=ELSEWHERE_NICE)
        with seen as capture:
            processes |= {name: process.pid for name, process in hall.server.processes.items()}
            processes |= {f"gateway_{name}": process.pid for name, process in hall.gateway.processes.items()}
            at_rest, rest_s = _worked(processes, lambda: time.sleep(REST_S))
            rest = {name: spent / rest_s for name, spent in at_rest.items()}
            stops: list[Stop] = []
            singles = enumerate(members[:single])
            worked, busy_s = _worked(
                processes, lambda: stops.extend(_stop(hall, sender, member, at) for at, member in singles)
            )
            busy = {name: (spent - rest[name] * busy_s) / single for name, spent in worked.items()}
            sent_ns, receipts = _stop_together(hall, sender, single)
            packets = _by_source(capture)
        sender.kill()
        left = len(allowed.elements())
        if left != crowd - single - together:
            raise RuntimeError(f"{left} of {crowd} sessions are left: others were ended than those that were stopped")
    last = [_last_ms(packets[member.address], stop.sent_ns) for member, stop in zip(members, stops, strict=False)]
    ends = [_last_ms(packets[member.address], sent_ns) for member in members[single : single + together]]
    given = sum(stop.receipts for stop in stops) + receipts
    print(
        f"{database}: p50 {percentile(last, 0.5):.1f}, max {max(last):.1f} ms; together {max(ends):.1f} ms", flush=True
    )
    return Figures(last, stops, max(ends), given, single + together, rest, busy)


def _worked(processes: dict[str, int], work: Callable[[], object]) -> tuple[dict[str, float], float]:
    """Return the processor time, ms, of each of these while the work went on, and how many seconds it did."""
    before, start_s = processor.used_ms(processes), time.monotonic()
    work()
    spent_s = time.monotonic() - start_s
    return {name: used - before[name] for name, used in processor.used_ms(processes).items()}, spent_s


def _parts(name: str, figures: Figures) -> list[Row]:
    """Return where a stop's time went, and which part worked how much."""
    count = len(figures.stops)
    spans = {
        "request_to_commit": [stop.to_commit for stop in figures.stops],
        "commit_to_removed": [stop.to_removed for stop in figures.stops],
    }
    rows = [
        Row(f"suspend_{name}_{span}_ms_{share}", percentile(times, value), "ms", count)
        for span, times in spans.items()
        for share, value in (("p50", 0.5), ("p99", 0.99))
    ]
    rows += [Row(f"suspend_{name}_rest_{part}_cpu", spent, "ms/s", 1) for part, spent in sorted(figures.rest.items())]
    rows += [Row(f"suspend_{name}_stop_{part}_cpu", spent, "ms", count) for part, spent in sorted(figures.busy.items())]
    return rows


@contextmanager
def _database(name: str) -> Iterator[tuple[str, dict[str, int]]]:
    """Give the server's URL (empty: SQLite) and its process, by name."""
    with Postgres(fsync=True) if name == "postgresql" else nullcontext() as server:
        yield (server.url, {"database": server.pid}) if server is not None else ("", {})


def _members(hall: Hall, crowd: int, single: int, together: int) -> tuple[list[Member], list[PrivateKey]]:
    """Make papers; the first `single` and `together` have tunnels, whose session keys are returned."""
    ca = hall.station.open_ca()
    keyd = SigningKey((hall.server.folder / "keyd/ticket.key").read_bytes())
    pool = ip_network(hall.gateway.pool)
    members, keys = [], []
    for number in range(crowd):
        key = PrivateKey.generate()
        if number < single + together:
            keys.append(key)
        department = "single" if number < single else "together" if number < single + together else "rest"
        members.append(_member(number, department, str(pool[FIRST_ADDRESS + number]), key, ca, keyd))
    return members, keys


def _member(  # noqa: PLR0913, PLR0917 - what papers are made of
    number: int, department: str, address: str, key: PrivateKey, ca: SigningKey, keyd: SigningKey
) -> Member:
    now_ms = time.time_ns() // 1_000_000
    stick, user = f"stk-crowd-{number}", f"usr-crowd-{number}"
    identity, door = wire.key_text(secrets.token_bytes(32)), wire.key_text(secrets.token_bytes(32))
    shown = certificate.StickCertificate(
        organisation=ORGANISATION,
        stick=stick,
        identity_key=identity,
        door_key=door,
        not_before_ms=now_ms - DAY_MS,
        not_after_ms=now_ms + DAY_MS,
    )
    given = ticket.Ticket(
        id=f"tic-crowd-{number}",
        organisation=ORGANISATION,
        stick=stick,
        user=user,
        session_key=wire.key_text(bytes(key.public_key)),
        factors=(ticket.Factor.PIN,),
        issued_ms=now_ms,
        not_after_ms=now_ms + ticket.TICKET_LIFE_MS,
    )
    return Member(
        stick=stick,
        user=user,
        session=f"ses-crowd-{number}",
        lease=f"lea-crowd-{number}",
        department=department,
        address=address,
        identity_key=identity,
        door_key=door,
        certificate=certificate.issue(shown, ca),
        ticket=ticket.issue(given, keyd),
    )


def _fill(hall: Hall, members: Sequence[Member]) -> None:
    asked = {"organisation": ORGANISATION, "gateway": hall.gateway.id, "members": [vars(member) for member in members]}
    hall.server.run_module("bench.crowd_rows", stdin=json.dumps(asked))


def _tunnels(hall: Hall, members: Sequence[Member], keys: Sequence[PrivateKey]) -> Process:
    home = hall.city.homes[0].pc
    asked = {
        "gateway_key": wire.key_bytes(hall.gateway.public_key).hex(),
        "endpoint": f"{addresses.GATEWAY_WAN}:{PORT}",
        "target": [hall.workers[0].address, RDP_PORT],
        "tunnels": [
            {"key": bytes(key).hex(), "address": member.address} for key, member in zip(keys, members, strict=False)
        ],
    }
    home.write("/run/tunnels.json", json.dumps(asked), mode=0o600)
    _pace(hall, 0)
    command = ["python3", f"{CHECKOUT_INSIDE}/bench/crowd_home.py", "/run/tunnels.json", "/run/pace.json"]
    sender = home.start("crowd", [*_ELSEWHERE, *command])
    until(lambda: "flowing" in sender.log_tail(), seconds=FLOWING_S, what="the streams", process=sender)
    return sender


def _pace(hall: Hall, number: int, *fast: int, fast_ms: int = FAST_MS) -> None:
    """Ask for a round of this number."""
    asked = {"round": number, "pace_ms": PACE_MS, "fast": fast, "fast_ms": fast_ms}
    hall.city.homes[0].pc.write("/run/pace.json", json.dumps(asked))


def _lives(sender: Process, number: int) -> None:
    """Wait until the round's streams live."""
    until(
        lambda: f"living {number}\n" in sender.log_tail(),
        seconds=LIVES_S,
        what="living streams",
        process=sender,
        every=0.01,
    )


def _stop(hall: Hall, sender: Process, member: Member, number: int) -> Stop:
    """Suspend one stick whose stream is fast."""
    _pace(hall, number + 1, number)
    _lives(sender, number + 1)
    sent_ns = time.time_ns()
    result = hall.console.suspend("sticks", member.stick)
    time.sleep(AFTER_S)
    receipts = result["receipts"]
    removed_ms = max((receipt["removed_ms"] for receipt in receipts), default=result["committed_ms"])
    to_commit = result["committed_ms"] - sent_ns / 1e6
    return Stop(sent_ns, to_commit, removed_ms - result["committed_ms"], len(receipts))


def _stop_together(hall: Hall, sender: Process, single: int) -> tuple[int, int]:
    _pace(hall, single + 1, *range(single, single + TOGETHER), fast_ms=PACE_TOGETHER_MS)
    _lives(sender, single + 1)
    sent_ns = time.time_ns()
    result = hall.console.suspend("departments", "together")
    time.sleep(AFTER_S * 5)
    return sent_ns, len(result["receipts"])


def _by_source(capture: Capture) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for packet in capture.stop():
        found[str(packet.source)].append(packet.time_ns)
    return {source: sorted(times) for source, times in found.items()}


def _last_ms(times: Sequence[int], sent_ns: int) -> float:
    """Return when the last packet passed, in ms after the request; the stream must have lived until then."""
    if not times or bisect_left(times, sent_ns - int(LIVING_S * 1e9)) == bisect_right(times, sent_ns):
        raise RuntimeError("the stream was not living when the request was sent")
    return (times[-1] - sent_ns) / 1e6


if __name__ == "__main__":
    main()
