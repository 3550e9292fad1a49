"""Stopping and resuming, with the gateways' receipts, and who hears of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanare_core.problems import Code, Problem
from hanare_server.access import receipts, suspend, upkeep
from hanare_server.access.act import act
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.clock import now_ms
from hanare_server.directory.models import Department, Gateway, Stick, User
from tests.keyd.office import code_of
from tests.server.town import Town
from tests.server.worker_at_home import AtHome

ADMIN = Actor(ActorKind.ADMINISTRATOR, "adm-test")

MOST_STATEMENTS = 10
"""Transaction, lock, stick, sessions (read, ended), leases, halt, audit rows, the organisation, commit."""


def test_a_suspended_stick_is_out_with_a_receipt(town: Town) -> None:
    """Session and lease end in one revision, the gateway's receipt is stored and audited, sign-ins are refused."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    (gateway,) = town.gateways.values()
    (lease,) = gateway.present
    last = now_ms()
    gateway.report(lease, last)
    epoch = town.organisation.epoch
    stopped = suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
    assert [receipt.last_packet_ms for receipt in stopped.receipts] == [last]
    assert gateway.present == {}
    assert town.session(session).reason == Code.SUSPENDED
    row = Lease.objects.get(pk=lease)
    assert (row.state, row.revision) == (Lease.State.GONE, town.row(stick).revision)
    assert town.organisation.epoch == epoch + 1
    assert town.acts()[-3:] == ["session-ended", "suspended", "stopped"]
    assert code_of(stick.hello) is Code.SUSPENDED


def test_a_resumed_stick_signs_in(town: Town) -> None:
    """After the resume the stick works again; its stopped session stays ended."""
    stick = town.ready()
    first = stick.sign_in("tanaka").session
    suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
    suspend.resume(town.id, ADMIN, Kind.STICK, stick.stick)
    assert stick.sign_in("tanaka").session != first
    assert town.session(first).state == Session.State.ENDED
    assert "resumed" in town.acts()


def test_a_stop_of_many_takes_no_more_statements(town: Town) -> None:
    """Three sessions of a department end in as many statements as one: a stop of hundreds is as quick."""
    taken = []
    for names in (("tanaka",), ("suzuki", "sato", "ito")):
        sessions = [town.ready(name).sign_in(name).session for name in names]
        with CaptureQueriesContext(connection) as queries:
            suspend.stop(town.id, ADMIN, Kind.DEPARTMENT, town.department)
        assert {town.session(session).reason for session in sessions} == {Code.DEPARTMENT_SUSPENDED}
        suspend.resume(town.id, ADMIN, Kind.DEPARTMENT, town.department)
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_a_stop_asks_the_database_little_before_it_holds(town: Town) -> None:
    """An administrator's stop of one stick commits after few statements: each is time in which packets pass."""
    stick = town.ready()
    stick.sign_in("tanaka")
    with CaptureQueriesContext(connection) as queries:
        suspend.stop(town.id, ADMIN, Kind.STICK, stick.stick)
    assert len(queries) <= MOST_STATEMENTS


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.USER, Code.USER_SUSPENDED),
        (Kind.DEPARTMENT, Code.DEPARTMENT_SUSPENDED),
        (Kind.ORGANISATION, Code.ORGANISATION_OFF),
    ],
)
def test_every_other_standing_ends_and_refuses(town: Town, kind: Kind, code: Code) -> None:
    """Suspending a user, a department or the organisation ends the session with its own code, and refuses the next."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    identifier = _identifier(town, kind)
    suspend.suspend(town.id, ADMIN, kind, identifier)
    assert town.session(session).reason == code
    assert code_of(lambda: stick.sign_in("tanaka")) is code
    suspend.resume(town.id, ADMIN, kind, identifier)
    attempt = stick.open("tanaka")
    stick.generation = town.row(stick).generation
    stick.generation = stick.finish(attempt).next_generation
    assert stick.confirm(attempt, stick.generation).session


def test_a_stopped_session_lets_the_user_sign_in_again(town: Town) -> None:
    """Stopping a session ends it and nothing else; there is nothing to resume."""
    stick = town.ready()
    session = stick.sign_in("tanaka").session
    suspend.suspend(town.id, ADMIN, Kind.SESSION, session)
    assert town.session(session).reason == Code.SESSION_SUSPENDED
    assert code_of(lambda: suspend.resume(town.id, ADMIN, Kind.SESSION, session)) is Code.CONFLICT
    assert stick.sign_in("tanaka").session


def test_stopping_twice_changes_nothing(town: Town) -> None:
    """The second stop of the same stick writes no row and raises no epoch."""
    stick = town.add_stick()
    suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
    before = (town.organisation.epoch, town.organisation.revision, town.acts())
    suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
    assert (town.organisation.epoch, town.organisation.revision, town.acts()) == before


def test_a_revoked_stick_can_neither_be_suspended_nor_resumed(town: Town) -> None:
    """A revoked stick stays revoked."""
    stick = town.add_stick()
    Stick.objects.filter(pk=stick.stick).update(state=Stick.State.REVOKED)
    assert code_of(lambda: suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)) is Code.CONFLICT
    assert code_of(lambda: suspend.resume(town.id, ADMIN, Kind.STICK, stick.stick)) is Code.CONFLICT
    assert code_of(stick.hello) is Code.STICK_UNKNOWN


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_of_another_organisation_is_found(town: Town, kind: Kind) -> None:
    """An administrator's organisation bounds what can be stopped."""
    with pytest.raises(Problem, match="not-found"):
        suspend.suspend(town.id, ADMIN, kind, "somebody-elses")


def test_a_late_receipt_is_fetched_by_the_worker(town: Town) -> None:
    """A gateway that answers late is waited for by the worker; until then the stop has no receipt."""
    stick = town.ready()
    stick.sign_in("tanaka")
    (gateway,) = town.gateways.values()
    gateway.receipts = False
    stopped = suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
    assert stopped.receipts == []
    assert receipts.missing(town.id, now_ms()) == stopped.leases
    gateway.hand_in()
    lease = _until_receipt(town, stopped.leases[0])
    assert lease.removed_ms is not None
    assert town.acts()[-1] == "stopped"


def test_a_confirm_that_races_a_suspend_never_leaves_a_lease(town: Town) -> None:
    """Whichever comes first, after both are done the suspended stick has no open session."""
    stick = town.ready()
    for _ in range(5):
        _race(town, stick)
        assert not Session.objects.filter(stick=stick.stick, state=Session.State.OPEN).exists()
        assert not Lease.objects.filter(session__stick=stick.stick, state=Lease.State.PRESENT).exists()
        suspend.resume(town.id, ADMIN, Kind.STICK, stick.stick)
        stick.generation = town.row(stick).generation


@pytest.mark.story
def test_a_suspend_is_never_missed_by_a_reader(town: Town) -> None:
    """A transaction held open while a later one commits: whoever reads `revision > n` in a loop sees both."""
    stick = town.ready()
    stick.sign_in("tanaka")
    holding, release, done = threading.Event(), threading.Event(), threading.Event()
    seen: list[tuple[int, str]] = []
    before = town.organisation.revision

    def hold() -> None:
        with act(town.id, ADMIN) as opened:
            gateway = Gateway.objects.get(pk=f"{town.id}-gw0")
            opened.touch(gateway)
            holding.set()
            assert release.wait(10)
        connection.close()

    def stop() -> None:
        suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
        connection.close()

    def read() -> None:
        newest = before
        while True:
            last_round = done.is_set()
            for revision, identifier in _changes_after(town.id, newest):
                seen.append((revision, identifier))
                newest = max(newest, revision)
            if last_round:
                break
        connection.close()

    with ThreadPoolExecutor(3) as threads:
        reader = threads.submit(read)
        holder = threads.submit(hold)
        assert holding.wait(10)
        stopper = threads.submit(stop)
        release.set()
        holder.result(20)
        stopper.result(20)
        done.set()
        reader.result(20)
    revisions = [revision for revision, _ in seen]
    assert revisions == sorted(revisions)
    assert {identifier for _, identifier in seen} >= {f"{town.id}-gw0", stick.stick}


@pytest.mark.story
def test_the_later_act_waits_for_the_one_that_is_open(town: Town) -> None:
    """While one act of an organisation is open a second one cannot commit: revisions come in commit order."""
    stick = town.add_stick()
    stopped = threading.Event()

    def stop() -> None:
        suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
        stopped.set()
        connection.close()

    with ThreadPoolExecutor(1) as threads:
        with act(town.id, ADMIN) as opened:
            opened.touch(Gateway.objects.get(pk=f"{town.id}-gw0"))
            waiting = threads.submit(stop)
            assert not stopped.wait(0.5)
        waiting.result(20)
    gateway = Gateway.objects.get(pk=f"{town.id}-gw0")
    assert gateway.revision + 1 == town.row(stick).revision == town.organisation.revision


def _identifier(town: Town, kind: Kind) -> str:
    return {
        Kind.USER: User.objects.filter(organisation=town.id).values_list("pk", flat=True)[0],
        Kind.DEPARTMENT: Department.objects.filter(organisation=town.id).values_list("pk", flat=True)[0],
        Kind.ORGANISATION: town.id,
    }[kind]


def _until_receipt(town: Town, lease: str) -> Lease:
    for _ in range(100):
        upkeep.round_of(town.organisation)
        row = Lease.objects.get(pk=lease)
        if row.removed_ms is not None:
            return row
        threading.Event().wait(0.05)
    raise AssertionError("the receipt was not fetched")


def _race(town: Town, stick: AtHome) -> None:
    attempt = stick.open("tanaka")
    offered = stick.finish(attempt).next_generation
    barrier = threading.Barrier(2)

    def confirm() -> None:
        barrier.wait(10)
        code_of(lambda: stick.confirm(attempt, offered))
        connection.close()

    def stop() -> None:
        barrier.wait(10)
        suspend.suspend(town.id, ADMIN, Kind.STICK, stick.stick)
        connection.close()

    with ThreadPoolExecutor(2) as threads:
        for task in [threads.submit(confirm), threads.submit(stop)]:
            task.result(30)


def _changes_after(organisation: str, revision: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT revision, id FROM hub_party WHERE organisation = %s AND kind <> 'organisation'"
            " AND revision > %s ORDER BY revision",
            [organisation, revision],
        )
        return [(int(row[0]), str(row[1])) for row in cursor.fetchall()]
