"""How fast the console is for the largest office: every page at 20 requests a second, an import, the live list's lag.

100 departments, 10,000 users, 5,000 sticks, 1,000,000 sessions and 1,000,000 audit rows, with SQLite and with
PostgreSQL, on the real web process (gunicorn with two workers of eight threads each) without nginx. Requests come in an
open loop, the pages one after another, so that a slow page delays nobody's clock but its own. The lag of the live list
is from the commit of a stop to the moment when the page's rows, fetched because the hub said so, are here.

Nobody acts while pages are measured, so what a web process keeps until the next act, five seconds at most
(`console/kept.py`: what needs attention, what is suspended, how many approvals wait), is counted once in five seconds.

What a page costs in processor time (`console_cpu.py`) is measured before that, one request after another.

    python -m bench.bench_console [--small] [sqlite] [postgresql]

--small: a hundredth of the rows and a tenth of the time, to see that it works. With a database named, that one alone,
and nothing is written to bench/results.
"""

import json
import re
import socket
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from tests.server.office import office  # isort: skip  # it sets Django up

from bench import console_cpu
from bench.console_town import Size, fill
from bench.report import Row, percentile, publish
from hanare_core import wire
from hanare_core.messages.local import LIVE_PATH, LiveHello
from hanare_server.access.models import Session
from hanare_server.console.models import Administrator
from hanare_server.reports import counted
from tests.server.accounts import browser
from tests.server.front import Gunicorn
from tests.server.town import Town
from tests.server.worker_process import Worker

RATE: Final = 20.0
"""Requests a second: fifty administrators who click every 2.5 seconds."""

ROUNDS: Final = 40
"""Requests of each page."""

STOPS: Final = 100
IMPORTED: Final = 10_000
LIMIT_MS: Final = 200.0
LIVE_LIMIT_MS: Final = 1000.0
IMPORT_LIMIT_S: Final = 30.0
WAITERS: Final = 32

WARMING: Final = 4
"""Times that each page is asked for before the clock runs: each web process makes its templates at their first use."""

LOOK_S: Final = 0.25
GIVE_UP_S: Final = 300.0

DATABASES: Final = ("sqlite", "postgresql")

WORKERS: Final = 2
"""Web processes: one a core of the machine that the limits are promised for."""

PAGES: Final = {
    "live": "/console/",
    "live_grouped": "/console/rows?group=1&department=dep-3",
    "live_search": "/console/rows?q=離れ",
    "ledger": "/console/lending",
    "overdue": "/console/lending?where=overdue",
    "help": "/console/help/",
    "explain": "/console/help/usr-42",
    "messages": "/console/messages/",
    "approvals": "/console/approvals/",
    "departments": "/console/directory/departments",
    "users": "/console/directory/users",
    "users_search": "/console/directory/users?q=999&sort=-department",
    "users_last": "/console/directory/users?page=200",
    "user": "/console/directory/users/usr-42",
    "sticks": "/console/directory/sticks",
    "sticks_by_holder": "/console/directory/sticks?sort=holder",
    "stick": "/console/directory/sticks/stk-42",
    "office_pcs": "/console/directory/office-pcs",
    "gateways": "/console/directory/gateways",
    "settings": "/console/settings/",
    "administrators": "/console/administrators",
    "hours": "/console/hours/",
    "usage": "/console/usage",
    "audit": "/console/audit",
    "audit_act": "/console/audit?act=code-issued",
    "audit_search": "/console/audit?q=user42",
    "evidence": "/console/evidence/",
}
"""Every page of the menu, and the ways of a list that cost most."""


class Answer(NamedTuple):
    """A page as it came."""

    status: int
    body: bytes
    seconds: float
    location: str = ""


class Reader:
    """Asks as one signed-in administrator, a connection a request, as nginx does."""

    def __init__(self, web: Gunicorn, account: Administrator) -> None:
        cookies = browser(account).cookies
        self._path = str(web.socket)
        self._cookies = {name: one.value for name, one in cookies.items()}

    def get(self, path: str, *, json_wanted: bool = False) -> Answer:
        """Ask for a page."""
        return self._send("GET", path, b"", {"Accept": "application/json"} if json_wanted else {})

    def post(self, path: str, body: bytes, kind: str) -> Answer:
        """Send a form; the body carries its token."""
        return self._send("POST", path, body, {"Content-Type": kind, "Accept": "application/json"})

    def token(self) -> str:
        """Return a form token, with the cookie that goes with it."""
        page = self.get("/console/directory/users/import").body.decode()
        return re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]

    def _send(self, method: str, path: str, sent: bytes, headers: dict[str, str]) -> Answer:
        connection = HTTPConnection("localhost", timeout=120)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(120)
        began = time.perf_counter()
        connection.sock.connect(self._path)
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection.request(
            method, quote(path, safe="/?&=-"), sent, {"Cookie": cookie, "Accept-Language": "ja", **headers}
        )
        answer = connection.getresponse()
        body = answer.read()
        found = Answer(answer.status, body, time.perf_counter() - began, str(answer.headers.get("Location") or ""))
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        connection.close()
        return found


def main() -> None:
    """Measure both databases and publish."""
    small = "--small" in sys.argv
    chosen = [database for database in DATABASES if database in sys.argv]
    rows: list[Row] = []
    for database in chosen or DATABASES:
        size = Size().small(100) if small else Size()
        with _large_office(database, size) as (town, web):
            rows += _measure(database, town, web, size, 10 if small else 1)
    worst = max(row.value for row in rows if row.metric.startswith("page_p95_ms_worst_"))
    lag = max(row.value for row in rows if row.metric.startswith("live_list_lag_ms_p99_"))
    taken = max(row.value for row in rows if row.metric.startswith("import_10k_users_s_"))
    rows += [
        Row("page_p95_ms_worst", worst, "ms", ROUNDS, f"limit {LIMIT_MS:.0f} ms", worst / LIMIT_MS),
        Row("live_list_lag_ms_p99", lag, "ms", STOPS, f"limit {LIVE_LIMIT_MS:.0f} ms", lag / LIVE_LIMIT_MS),
        Row("import_10k_users_s", taken, "s", IMPORTED, f"limit {IMPORT_LIMIT_S:.0f} s", taken / IMPORT_LIMIT_S),
    ]
    publish("console", rows, written=not chosen and not small)


@contextmanager
def _large_office(database: str, size: Size) -> Iterator[tuple[Town, Gunicorn]]:
    with tempfile.TemporaryDirectory() as folder, office(Path(folder), database, WORKERS) as (town, client):
        began = time.perf_counter()
        fill(town.organisation, size)
        counted.round_of(town.organisation)  # as the worker does every quarter of an hour
        _tell(f"{database}: filled in {time.perf_counter() - began:.0f} s")
        with Worker(Path(folder)).running():
            yield town, client().gunicorn


def _measure(database: str, town: Town, web: Gunicorn, size: Size, share: int) -> list[Row]:
    reader = Reader(web, town.administrator)
    costs = console_cpu.of_pages(web.pid, PAGES, reader.get)
    _tell(f"{database}: the dearest page takes {max(costs.values()):.0f} ms of processor time")
    pages = _pages(reader, ROUNDS // share)
    working = Session.objects.filter(organisation=town.id, state=Session.State.OPEN).count()
    assert working == size.live, f"{working} of {size.live} sessions are open: the worker ended the others meanwhile"
    rows = []
    for page, spent in pages.items():
        p95 = percentile(spent, 0.95) * 1000
        rows.append(
            Row(f"page_{page}_p95_ms_{database}", p95, "ms", len(spent), f"limit {LIMIT_MS:.0f} ms", p95 / LIMIT_MS)
        )
    worst = max(row.value for row in rows)
    _tell(f"{database}: pages measured, the worst {worst:.0f} ms; now stops")
    lags = _lags(town, reader, STOPS // share)
    _tell(f"{database}: stops measured, {percentile(lags, 0.99) * 1000:.0f} ms; now the import")
    preview_s, taken_s = _import(reader, IMPORTED // share)
    _tell(f"{database}: imported in {preview_s + taken_s:.0f} s")
    return [
        *rows,
        *(Row(f"page_{page}_cpu_ms_{database}", cost, "ms", console_cpu.REQUESTS) for page, cost in costs.items()),
        Row(f"page_p95_ms_worst_{database}", worst, "ms", len(PAGES) * (ROUNDS // share)),
        Row(f"live_list_lag_ms_p99_{database}", percentile(lags, 0.99) * 1000, "ms", len(lags)),
        Row(f"live_list_lag_ms_p50_{database}", statistics.median(lags) * 1000, "ms", len(lags)),
        Row(f"import_10k_preview_s_{database}", preview_s, "s", IMPORTED // share),
        Row(f"import_10k_users_s_{database}", preview_s + taken_s, "s", IMPORTED // share),
    ]


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _pages(reader: Reader, rounds: int) -> dict[str, list[float]]:
    """Ask for every page in turn at RATE; a request that starts late counts from when it was due."""
    for path in (*PAGES.values(),) * WARMING:
        reader.get(path)
    spent: dict[str, list[float]] = defaultdict(list)
    turns = [page for _ in range(rounds) for page in PAGES]
    began = time.perf_counter()

    def at(number: int) -> None:
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        answer = reader.get(PAGES[turns[number]])
        assert answer.status == 200, (turns[number], answer.status)
        spent[turns[number]].append(time.perf_counter() - due)

    with ThreadPoolExecutor(WAITERS) as pool:
        list(pool.map(at, range(len(turns))))
    return spent


def _lags(town: Town, reader: Reader, count: int) -> list[float]:
    """Suspend and resume sticks without a session; return seconds from each commit to the fetched rows."""
    live = json.loads(reader.get("/console/live-token", json_wanted=True).body)["token"]
    stick = town.add_stick("bench")
    lags = []
    with town.hub.dial(LIVE_PATH) as channel:
        channel.send(wire.encode(LiveHello(live)).decode())
        _until_change(channel.recv)
        for number in range(count):
            act = "resume" if number % 2 else "suspend"
            form = f"csrfmiddlewaretoken={reader.token()}".encode()
            sent = time.time()
            body = json.loads(
                reader.post(f"/console/api/sticks/{stick.stick}/{act}", form, "application/x-www-form-urlencoded").body
            )
            _until_change(channel.recv)
            reader.get("/console/rows")
            lags.append(time.time() - body.get("committed_ms", sent * 1000) / 1000)
    return lags


def _until_change(receive: Callable[[], str | bytes]) -> None:
    while json.loads(receive())["type"] != "change":
        pass


def _import(reader: Reader, count: int) -> tuple[float, float]:
    """Import so many new users as a browser does: the file with its preview, the confirmation, the job's progress."""
    lines = "".join(f"new{number},新人 {number},第{number % 10}課\r\n" for number in range(count))
    content = "利用者名,氏名,部署\r\n" + lines
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    parts = [
        part.format("csrfmiddlewaretoken", "", reader.token()),
        part.format("file", '; filename="users.csv"', content),
    ]
    body = "".join(f"--edge\r\n{one}" for one in parts) + "--edge--\r\n"
    preview = reader.post("/console/directory/users/import", body.encode(), "multipart/form-data; boundary=edge")
    assert preview.status == 200, preview.body[:500]
    fields = dict(
        re.findall(r'name="(csrfmiddlewaretoken|packed|shown|confirmed)" value="([^"]*)"', preview.body.decode())
    )
    parts = [part.format(name, "", value) for name, value in {**fields, "confirmed": "1"}.items()]
    body = "".join(f"--edge\r\n{one}" for one in parts) + "--edge--\r\n"
    taken = reader.post("/console/directory/users/import", body.encode(), "multipart/form-data; boundary=edge")
    assert taken.status == 302, (taken.status, taken.body[:500])
    return preview.seconds, taken.seconds + _until_done(reader, taken.location)


def _until_done(reader: Reader, job: str) -> float:
    """Look at the job's page every quarter of a second, as nobody's browser does, until it has ended."""
    began = time.perf_counter()
    while job.startswith("/console/jobs/") and b"hx-trigger" in (page := reader.get(job).body):
        assert time.perf_counter() - began < GIVE_UP_S, page[:500]
        time.sleep(LOOK_S)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
