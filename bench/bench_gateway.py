"""A gateway with 10,000 peers and leases: how fast it takes a snapshot, a change and a look, and if traffic feels it.

A real agent with wireguard-go and nftables in the lab; the bench speaks for the hub, over TLS, with papers that it
signs. A change is timed from its delta to the acknowledgement, the disk's sync included, so it is an upper bound of the
agent's own part. The look is the agent's own reader, run in the gateway beside it. HANARE_BENCH_LEASES sets another
number.
"""

import json
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.report import Row, percentile, publish
from hanare_core.messages.gateway import PART_ENTRIES
from hanare_lab.installation.accounts import GATEWAY as ACCOUNT
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


def main() -> None:
    """Measure and publish."""
    scripted_hub.WAIT_S = WAIT_S  # type: ignore[misc]  # a test waits ten seconds
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
        leases = (lease, *(stick.lease((site.pc_address, RDP)) for stick in sticks[1:LEASES]))
        start_ns = time.monotonic_ns()
        site.hub.snapshot(leases=leases)
        snapshot_s = (site.hub.acked_ns[site.hub.revision] - start_ns) / 1e9
        held = (len(site.elements()), len(site.peers()))
        if held != (LEASES, LEASES):
            raise RuntimeError(f"the kernel holds {held} elements and peers, not {LEASES}")
        print(f"snapshot in {snapshot_s:.2f} s, in {-(-LEASES // PART_ENTRIES)} parts", flush=True)
        added, removed = _changes(site, sticks[LEASES:])
        look = statistics.median(_looks(site))
        crowd = _mbit(site)
        memory = _rss_mb(agent.pid)
    rows = [
        Row("snapshot_10k_s", snapshot_s, "s", LEASES, f"the promised {SNAPSHOT_S:.0f} s", snapshot_s / SNAPSHOT_S),
        _change("peer_add_p99_ms", added),
        _change("peer_remove_p99_ms", removed),
        Row("stats_round_ms", look, "ms", LOOKS, f"the promised {STATS_MS:.0f} ms", look / STATS_MS),
        Row("throughput_1_mbit", alone, "Mbit/s", RUNS),
        Row("throughput_10k_mbit", crowd, "Mbit/s", RUNS),
        Row("throughput_10k_to_1_ratio", crowd / alone, "", RUNS, f"the promised {RATIO}", crowd / alone),
        Row("agent_memory_mb", memory, "MB", 1),
    ]
    publish("gateway", rows)


def _changes(site: Site, sticks: list[Stick]) -> tuple[list[float], list[float]]:
    """Add and remove one lease after another; return how long each took, in ms."""
    added, removed = [], []
    for stick in sticks:
        lease = stick.lease((site.pc_address, RDP))
        for change, times in ((lease, added), (gone(lease), removed)):
            start_ns = time.monotonic_ns()
            site.hub.delta(change)
            times.append((site.hub.acked_ns[site.hub.revision] - start_ns) / 1e6)
    return added, removed


def _change(name: str, times: list[float]) -> Row:
    value = percentile(times, 0.99)
    print(f"{name}: p50 {percentile(times, 0.5):.2f}, max {max(times):.2f} ms", flush=True)
    return Row(name, value, "ms", len(times), f"the promised {CHANGE_MS:.0f} ms", value / CHANGE_MS)


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


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
