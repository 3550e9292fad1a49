"""How fast a stick is stopped: from sending the console's request to the last packet of a living stream.

The last packet is the one that a capture on the office PC saw, with the kernel's time stamp; the gateway's own resets
do not count. The stream sends every millisecond, and the capture runs until the stick is ready again, so a packet that
slipped through later would show. Some stops meet a stick whose agent is frozen, which sends on: there the gateway alone
ends the stream. Before that, the same stop with a real desktop: until FreeRDP's process has ended.

Where the time goes is told by the server's commit and the gateway's removal, both in whole milliseconds of one host's
clock. HANARE_BENCH_STOPS sets another number of stops.
"""

import os
import select
import statistics
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.plugged import SIGN_INS, plugged, set_pin, sign_in
from bench.report import Row, percentile, publish
from hanare_lab import addresses
from hanare_lab.capture import Capture
from hanare_lab.installation.console import Console
from hanare_lab.installation.hall import Hall
from hanare_lab.installation.stick import Stick
from hanare_lab.office_pc import RDP_PORT
from hanare_lab.root import CHECKOUT_INSIDE
from hanare_lab.wait import until

STOPS: Final = int(os.environ.get("HANARE_BENCH_STOPS", "200"))
FROZEN_STOPS: Final = min(48, STOPS)
DESKTOP_STOPS: Final = min(8, STOPS)
SHELF: Final = 400
"""Sticks that lie in the office: of so many one administrator may resume the bench's thirty-odd within an hour."""

LIMIT_MS: Final = 50.0
"""What Hanare promises for the last packet."""

DRAWING_S: Final = 1.5
"""The desktop's first second draws everything; a stop in the middle of work is what is measured."""

AFTER_S: Final = 0.1
"""How long a frozen stick is left sending after the receipt."""

FRESH_MS: Final = 20.0
"""The stream counts as living when its last packet before the request is younger."""

IDLE_S: Final = 0.1
"""FreeRDP counts as started when it has spent no tick of CPU time for so long."""

_UTIME, _STIME = 11, 12
"""Behind the program's name in proc_pid_stat(5)."""

GONE_S: Final = 5.0
STREAM: Final = f"{CHECKOUT_INSIDE}/bench/stream.py"
NAMESPACE: Final = "/run/netns/hanare-session"
FROM_SESSIONS: Final = f"src net {addresses.SESSION_POOL} and tcp dst port {RDP_PORT} and tcp[tcpflags] & tcp-rst == 0"


@dataclass(frozen=True)
class Stop:
    """One stop by the console: request sent, answer there, stick ready again (Unix time, ns)."""

    sent_ns: int
    answered_ns: int
    ready_ns: int
    committed_ms: int
    receipt: dict[str, int]


_SHELF: Final = """
from secrets import token_urlsafe
from hanare_server.directory.models import Department, Stick
department = Department.objects.select_related("organisation")[0]
Stick.objects.bulk_create(
    Stick(id=f"shelf-{{n}}", organisation=department.organisation, department=department, label=f"shelf {{n}}",
          identity_key=token_urlsafe(32), door_key=token_urlsafe(32), certificate="", state=Stick.State.SUSPENDED)
    for n in range({count})
)
"""


def main() -> None:
    """Measure and publish."""
    with Hall() as hall:
        hall.open()
        hall.server.manage("shell", "-c", _SHELF.format(count=SHELF))
        set_pin(hall)
        gone = _desktops(hall, hall.console)
        office_pc = hall.office_pcs[0]
        office_pc.stop()
        office_pc.machine.start("sink", ["python3", STREAM, "sink", str(RDP_PORT)])
        until(office_pc.listening, seconds=GONE_S, what="the sink")
        with Capture(office_pc.machine, "eth0", FROM_SESSIONS) as capture:
            stops = _stops(hall, hall.console, STOPS)
            frozen = _stops(hall, hall.console, FROZEN_STOPS, frozen=True)
            packets = sorted(packet.time_ns for packet in capture.stop())
    print(f"{len(packets)} packets captured", flush=True)
    last, last_frozen = ([_last_ms(stop, packets) for stop in each] for each in (stops, frozen))
    answered = [(stop.answered_ns - stop.sent_ns) / 1e6 for stop in stops]
    receipts = _receipts([*zip(stops, last, strict=True), *zip(frozen, last_frozen, strict=True)])
    parts = [*_promised("", last), *_promised("_frozen", last_frozen), *receipts, *_parts(stops)]
    publish("suspend", [*parts, *_others(answered, gone)])


def _desktops(hall: Hall, console: Console) -> list[float]:
    """Return how long each desktop lived after the request, in ms."""
    gone = []
    with plugged(hall) as stick:
        for _ in range(DESKTOP_STOPS):
            sign_in(hall, stick, hall.workers[0])
            time.sleep(DRAWING_S)
            pid = int(stick.machine.run(["pgrep", "-x", "xfreerdp3"]).stdout)
            with ThreadPoolExecutor(max_workers=1) as watcher:
                ended = watcher.submit(_end_of, os.pidfd_open(pid))
                sent_ns = time.time_ns()
                console.suspend("sticks", stick.id)
                gone.append((ended.result() - sent_ns) / 1e6)
            _again(console, stick)
    print(f"{len(gone)} desktops stopped", flush=True)
    return gone


def _end_of(process: int) -> int:
    """Wait for the end of a process (pidfd) and return when it was (Unix time, ns)."""
    try:
        if not select.select([process], [], [], GONE_S)[0]:
            raise RuntimeError(f"the desktop still runs after {GONE_S} s")
        return time.time_ns()
    finally:
        os.close(process)


def _stops(hall: Hall, console: Console, count: int, *, frozen: bool = False) -> list[Stop]:
    stops: list[Stop] = []
    while len(stops) < count:
        with plugged(hall) as stick:
            stops += [_stop(hall, console, stick, frozen=frozen) for _ in range(min(SIGN_INS, count - len(stops)))]
        print(f"{len(stops)} of {count} stops{', stick frozen' if frozen else ''}", flush=True)
    return stops


def _stop(hall: Hall, console: Console, stick: Stick, *, frozen: bool) -> Stop:
    """Sign in, let the stream flow, suspend, and make the stick ready for the next round."""
    sign_in(hall, stick, hall.workers[0])
    address = hall.workers[0].address
    inside = ["nsenter", f"--net={NAMESPACE}", "--"]
    sender = stick.machine.start("sender", [*inside, "python3", STREAM, "send", address, str(RDP_PORT)])
    until(lambda: "flowing" in sender.log_tail(), seconds=GONE_S, what="the stream", process=sender)
    _started(stick)
    agent = stick.agent
    if agent is not None and frozen:
        agent.stop()
    sent_ns = time.time_ns()
    result = console.suspend("sticks", stick.id)
    answered_ns = time.time_ns()
    if result["state"] != "stopped":
        raise RuntimeError(f"the gateway gave no receipt: {result}")
    if agent is not None and frozen:
        time.sleep(AFTER_S)
        agent.cont()
    _again(console, stick)
    stop = Stop(sent_ns, answered_ns, time.time_ns(), result["committed_ms"], result["receipts"][0])
    sender.kill()
    return stop


def _started(stick: Stick) -> None:
    """Wait until FreeRDP has started: at home another machine does that, here it shares two cores with the server."""
    pid = stick.machine.run(["pgrep", "-x", "xfreerdp3"]).stdout.split()[0]
    spent = [-1]

    def idle() -> bool:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent.append(int(fields[_UTIME]) + int(fields[_STIME]))
        return spent[-1] == spent[-2]

    until(idle, seconds=GONE_S, what="FreeRDP at rest", every=IDLE_S)


def _again(console: Console, stick: Stick) -> None:
    stick.wait_ready()
    console.resume("sticks", stick.id)
    stick.events.clear()


def _last_ms(stop: Stop, packets: Sequence[int]) -> float:
    """Return when the last packet before the stick was ready again passed, in ms after the request."""
    before = packets[bisect_right(packets, stop.sent_ns) - 1]
    if (stop.sent_ns - before) / 1e6 > FRESH_MS:
        raise RuntimeError("the stream was not living when the request was sent")
    return (packets[bisect_right(packets, stop.ready_ns) - 1] - stop.sent_ns) / 1e6


def _promised(name: str, last: Sequence[float]) -> list[Row]:
    shares = {"p50": percentile(last, 0.5), "p99": percentile(last, 0.99), "max": max(last)}
    against = f"the promised {LIMIT_MS:.0f} ms"
    return [
        Row(f"suspend_last_packet{name}_ms_{share}", value, "ms", len(last), against, value / LIMIT_MS)
        for share, value in shares.items()
    ]


def _receipts(stops: Sequence[tuple[Stop, float]]) -> list[Row]:
    """Return by how much receipts differ from the capture, against the errors that they state."""
    errors, stated, after = [], [], []
    for stop, last_ms in stops:
        captured_ms = stop.sent_ns / 1e6 + last_ms
        errors.append(abs(captured_ms - stop.receipt["last_packet_ms"]))
        stated.append(float(stop.receipt["clock_error_ms"] + stop.receipt["tick_ms"]))
        after.append(captured_ms - stop.receipt["removed_ms"])
    beyond = [error - said for error, said in zip(errors, stated, strict=True)]
    return [
        Row("suspend_receipt_error_ms_max", max(errors), "ms", len(errors), f"stated: at most {max(stated):.0f} ms"),
        Row("suspend_receipt_beyond_stated_ms_max", max(beyond), "ms", len(errors), "0, and the way to the office PC"),
        Row("suspend_after_removed_ms_max", max(after), "ms", len(after), "0, the clock's error and the way"),
    ]


def _parts(stops: Sequence[Stop]) -> list[Row]:
    """Return how long the server took to its commit, and how long hub and gateway took from there."""
    server = [stop.committed_ms - stop.sent_ns / 1e6 for stop in stops]
    gateway = [float(stop.receipt["removed_ms"] - stop.committed_ms) for stop in stops]
    return [
        Row(f"suspend_{name}_ms_{share}", percentile(times, value), "ms", len(times))
        for name, times in (("request_to_commit", server), ("commit_to_removed", gateway))
        for share, value in (("p50", 0.5), ("p99", 0.99))
    ]


def _others(answered: Sequence[float], gone: Sequence[float]) -> list[Row]:
    return [
        Row("suspend_answer_ms_p50", statistics.median(answered), "ms", len(answered)),
        Row("suspend_desktop_gone_ms_p50", statistics.median(gone), "ms", len(gone)),
        Row("suspend_desktop_gone_ms_max", max(gone), "ms", len(gone)),
    ]


if __name__ == "__main__":
    main()
