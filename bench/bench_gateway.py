"""A gateway with 10,000 peers and leases: how fast it takes a snapshot, a change and a look, and if traffic feels it.

A real agent with wireguard-go and nftables in the lab; the bench speaks for the hub, over TLS, with papers that it
signs. A change is timed from its delta to the kernel's own word that the element came or went, and besides to the
acknowledgement, which waits for the disk. The look is the agent's own reader, run in the gateway beside it. Processor
times say which part is wireguard-go's, which an office with the kernel's WireGuard does not have (this kernel has
none). HANARE_BENCH_LEASES sets another number.

    make bench-gateway
"""

import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.element_watch import ElementWatch
from bench.report import Row, percentile, publish
from hanare_core.messages.gateway import PART_ENTRIES, Lease
from hanare_lab.installation.accounts import GATEWAY as ACCOUNT
from hanare_lab.process import Process
from hanare_lab.wait import until
from tests.gateway import scripted_hub
from tests.gateway.papers import Stick
from tests.gateway.site import PYTHONPATH, SETTINGS, Site
from tests.gateway.stream import RDP, gone

LEASES: Final = int(os.environ.get("HANARE_BENCH_LEASES", "10000"))
CHANGES: Final = 200
LOOKS: Final = 10
RUNS: Final = 3
RUN_S: Final = 3
WAIT_S: Final = 120.0
"""For the snapshot's acknowledgement on a busy machine; the promise is 5 s."""

SNAPSHOT_S: Final = 5.0
CHANGE_MS: Final = 5.0
STATS_MS: Final = 100.0
RATIO: Final = 0.95
MEGA: Final = 1e6
_LOOK: Final = f"""
import time
from pathlib import Path
from hanare_gateway.reconcile import reader
from hanare_gateway.settings import read_settings
look = reader(read_settings(Path({SETTINGS!r})))
for _ in range({LOOKS}):
    start = time.perf_counter()
    facts = look()
    print((time.perf_counter() - start) * 1000, len(facts.elements), len(facts.peers))
"""


@dataclass(frozen=True)
class Change:
    """One added or removed lease, in ms after its delta: changed in the kernel, acknowledged to the hub."""

    kernel: float
    acknowledged: float


@dataclass(frozen=True)
class Taken:
    """The first snapshot: seconds until it was acknowledged, processor seconds of both processes meanwhile."""

    seconds: float
    agent_s: float
    wireguard_s: float


def main() -> None:
    """Measure and publish."""
    scripted_hub.WAIT_S = WAIT_S  # type: ignore[misc]  # a test waits thirty seconds
    with TemporaryDirectory() as folder, Site(Path(folder)) as site:
        agent = site.start_agent()
        site.hub.introduce()
        sticks = [Stick(number) for number in range(1, LEASES + CHANGES + 1)]
        print(f"{len(sticks)} sticks kitted", flush=True)
        first = sticks[0]
        lease = first.lease((site.pc_address, RDP))
        site.hub.delta(lease)
        site.session(first)
        alone = _mbit(site)
        taken = _snapshot(site, agent, (lease, *(stick.lease((site.pc_address, RDP)) for stick in sticks[1:LEASES])))
        added, removed = _changes(site, sticks[LEASES:])
        before_s = _cpu_s(site.wireguard)
        look = statistics.median(_looks(site))
        look_wireguard = (_cpu_s(site.wireguard) - before_s) * 1000 / LOOKS
        crowd = _mbit(site)
        memory, memory_wireguard = _rss_mb(agent.pid), _rss_mb(site.wireguard.pid)
    rows = [
        Row(
            "snapshot_10k_s", taken.seconds, "s", LEASES, f"the promised {SNAPSHOT_S:.0f} s", taken.seconds / SNAPSHOT_S
        ),
        Row("snapshot_agent_cpu_s", taken.agent_s, "s", LEASES),
        Row("snapshot_wireguard_go_cpu_s", taken.wireguard_s, "s", LEASES, "not with the kernel's WireGuard"),
        *_change("peer_add", added),
        *_change("peer_remove", removed),
        Row("stats_round_ms", look, "ms", LOOKS, f"the promised {STATS_MS:.0f} ms", look / STATS_MS),
        Row("stats_wireguard_go_cpu_ms", look_wireguard, "ms", LOOKS, "not with the kernel's WireGuard"),
        Row("throughput_1_mbit", alone, "Mbit/s", RUNS),
        Row("throughput_10k_mbit", crowd, "Mbit/s", RUNS),
        Row("throughput_10k_to_1_ratio", crowd / alone, "", RUNS, f"the promised {RATIO}", crowd / alone),
        Row("agent_memory_mb", memory, "MB", 1),
        Row("wireguard_go_memory_mb", memory_wireguard, "MB", 1),
    ]
    publish("gateway", rows)


def _snapshot(site: Site, agent: Process, leases: tuple[Lease, ...]) -> Taken:
    """Say the snapshot and see that the kernel holds it."""
    before = (_cpu_s(agent), _cpu_s(site.wireguard))
    start_ns = time.monotonic_ns()
    site.hub.snapshot(leases=leases)
    seconds = (site.hub.acked_ns[site.hub.revision] - start_ns) / 1e9
    taken = Taken(seconds, _cpu_s(agent) - before[0], _cpu_s(site.wireguard) - before[1])
    held = (len(site.elements()), len(site.peers()))
    if held != (LEASES, LEASES):
        raise RuntimeError(f"the kernel holds {held} elements and peers, not {LEASES}")
    print(f"snapshot in {-(-LEASES // PART_ENTRIES)} parts: {taken}", flush=True)
    return taken


def _changes(site: Site, sticks: list[Stick]) -> tuple[list[Change], list[Change]]:
    """Add and remove one lease after another; return how long each took."""
    added: list[Change] = []
    removed: list[Change] = []
    with ElementWatch(site.gateway) as watch:
        for stick in sticks:
            lease = stick.lease((site.pc_address, RDP))
            for change, times in ((lease, added), (gone(lease), removed)):
                watch.forget()
                start_ns = time.monotonic_ns()
                site.hub.delta(change)
                changed_ns = watch.changed_ns(lease.address, start_ns)
                acked_ns = site.hub.acked_ns[site.hub.revision]
                times.append(Change((changed_ns - start_ns) / 1e6, (acked_ns - start_ns) / 1e6))
    return added, removed


def _change(name: str, changes: list[Change]) -> list[Row]:
    kernel, acknowledged = ([getattr(one, which) for one in changes] for which in ("kernel", "acknowledged"))
    value, count = percentile(kernel, 0.99), len(changes)
    return [
        Row(f"{name}_p50_ms", percentile(kernel, 0.5), "ms", count),
        Row(f"{name}_p99_ms", value, "ms", count, f"the promised {CHANGE_MS:.0f} ms", value / CHANGE_MS),
        Row(f"{name}_acknowledged_p99_ms", percentile(acknowledged, 0.99), "ms", count, "the disk's sync included"),
    ]


def _looks(site: Site) -> list[float]:
    done = site.gateway.run(
        ["python3", "-c", _LOOK], user=ACCOUNT, caps=["net_admin"], env={"PYTHONPATH": PYTHONPATH}, timeout=WAIT_S
    )
    return [float(line.split()[0]) for line in done.stdout.splitlines()]


def _mbit(site: Site) -> float:
    """Return the median throughput from the stick to its office PC."""
    found = []
    for _ in range(RUNS):
        server = site.pc.start("iperf3", ["iperf3", "--server", "--one-off", "--forceflush", "--port", str(RDP)])
        until(lambda: "listening" in server.log_tail(), seconds=10, what="iperf3", process=server)  # noqa: B023
        client = ["iperf3", "--client", site.pc_address, "--port", str(RDP), "--time", str(RUN_S), "--json"]
        result = json.loads(site.home.run(client).stdout)
        server.close()
        found.append(float(result["end"]["sum_received"]["bits_per_second"]) / MEGA)
    return statistics.median(found)


def _cpu_s(process: Process) -> float:
    """Return how long a process and its threads ran on a processor so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
