"""F65: the worker dies halfway through an import of thousands; everything comes exactly once, or not at all."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hanare_server.audit.models import AuditRow
from hanare_server.console.roles import Role
from hanare_server.directory.models import Department, User
from hanare_server.jobs import work
from hanare_server.jobs.models import Job
from tests.server.accounts import account, browser
from tests.server.town import Town
from tests.server.worker_process import Worker

ROWS = 1_500
IMPORT = "/console/directory/users/import"


@pytest.fixture
def client(town: Town) -> Client:
    """Give a browser of an operator."""
    return browser(account(town.organisation, Role.OPERATOR))


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    """Give a worker that nobody has started yet."""
    return Worker(tmp_path)


def ask(client: Client, rows: int = ROWS, department: str = "総務課") -> Job:
    """Send a file of so many new users, confirm what is shown, and return the job that it becomes."""
    lines = "".join(f"u{number},利用者 {number},{department}\n" for number in range(rows))
    page = client.post(IMPORT, {"file": SimpleUploadedFile("u.csv", f"利用者名,氏名,部署\n{lines}".encode())})
    fields = dict(re.findall(r'name="(packed|shown)" value="([^"]*)"', page.content.decode()))
    answer = client.post(IMPORT, {**fields, "confirmed": "1"})
    return Job.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def state(job: Job) -> str:
    """Return how the job stands now."""
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))


def shown(client: Client, job: Job) -> str:
    """Return the job's page."""
    return client.get(f"/console/jobs/{job.pk}").content.decode()


@pytest.mark.parametrize("writing", [False, True])
def test_a_killed_worker_leaves_nothing_and_the_next_does_all_once(
    town: Town, client: Client, worker: Worker, monkeypatch: pytest.MonkeyPatch, *, writing: bool
) -> None:
    """Killed while checking or while writing, the import is done by the next worker, each user and row once."""
    monkeypatch.setattr(work, "STALE_MS", 0)
    job = ask(client)
    with worker.running():
        worker.wait(lambda: Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, writing=writing).exists())
    assert User.objects.filter(organisation=town.id).count() in {0, ROWS}
    Job.objects.filter(pk=job.pk).update(beat_ms=1)
    with worker.running():
        worker.wait(lambda: state(job) == Job.State.DONE)
    assert User.objects.filter(organisation=town.id).count() == ROWS
    added = AuditRow.objects.filter(organisation=town.id, act="added", object_kind="user").values_list(
        "object", flat=True
    )
    assert len(added) == ROWS
    assert set(Counter(added).values()) == {1}
    assert f"追加{ROWS}件" in shown(client, job)


def test_progress_is_seen_while_it_runs(town: Town, client: Client, worker: Worker) -> None:
    """The page of another browser shows rows that have been checked, and asks anew by itself; then the result."""
    job = ask(client)
    assert "まもなく" in shown(client, job)
    other = browser(town.administrator)
    with worker.running():
        worker.wait(lambda: Job.objects.filter(pk=job.pk, total__gt=0).exists() or state(job) == Job.State.DONE)
        if state(job) == Job.State.RUNNING:
            assert 'hx-trigger="every 1s"' in shown(other, job)
        worker.wait(lambda: state(job) == Job.State.DONE)
    assert "hx-trigger" not in shown(other, job)


def test_a_cancelled_import_changes_nothing(town: Town, client: Client, worker: Worker) -> None:
    """Cancelled before or while it runs, nobody is added; afterwards it is too late, and the page says so."""
    job, late = ask(client), ask(client)
    assert client.post(f"/console/jobs/{job.pk}/cancel").status_code == 302
    assert "中止しました" in shown(client, job)
    client.post(f"/console/jobs/{late.pk}/cancel")
    with worker.running():
        third = ask(client)
        worker.wait(lambda: state(third) == Job.State.DONE)
    assert state(job) == state(late) == Job.State.CANCELLED
    assert User.objects.filter(organisation=town.id).count() == ROWS
    client.post(f"/console/jobs/{third.pk}/cancel")
    assert state(third) == Job.State.DONE


def test_cancelled_in_the_middle_the_worker_writes_nothing(town: Town, client: Client) -> None:
    """The worker finds its claim gone before it commits."""
    job = ask(client, 600)
    claimed = work._claim()
    assert claimed is not None
    assert claimed.pk == job.pk
    client.post(f"/console/jobs/{job.pk}/cancel")
    progress = work.Progress(claimed)
    with pytest.raises(work.LostError):
        work.RUNNERS[claimed.kind](claimed, progress)
    assert not User.objects.filter(organisation=town.id).exists()


def test_what_changed_meanwhile_is_not_taken_over(town: Town, client: Client) -> None:
    """When the department was renamed between the preview and the work, nothing is changed and the page says why."""
    job = ask(client, 600)
    Department.objects.filter(organisation=town.id).update(name="総務部")
    while work.work():
        pass
    assert state(job) == Job.State.REFUSED
    assert "何も変更" in shown(client, job)
    assert not User.objects.filter(organisation=town.id).exists()


def test_an_asker_who_may_no_longer_is_refused(town: Town, client: Client) -> None:
    """A job of an account that lost its role meanwhile changes nothing."""
    job = ask(client, 600)
    job.asked_by.role = Role.VIEWER
    job.asked_by.save()
    while work.work():
        pass
    assert state(job) == Job.State.REFUSED
    assert not User.objects.filter(organisation=town.id).exists()
