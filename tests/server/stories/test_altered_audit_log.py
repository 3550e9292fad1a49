"""F85: the verifier, another program, names what somebody with the database in hand did to the audit log."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, transaction

from hanare_core import audit
from hanare_core.messages import keyd
from hanare_server import keyd_client
from hanare_server.audit import seal
from hanare_server.audit.models import AuditRow, Checkpoint
from tests.server.town import Town, command

VERIFIER = Path(__file__).parents[3] / "tools/verify_audit.py"
ROWS = 12


@pytest.fixture
def log(town: Town) -> Town:
    """Give a city hall whose log is sealed in the middle and at the end."""
    for number in range(ROWS):
        town.add_user(f"user{number}", office_pc=False, full_name='𠮷田「"\\\\」\u007f')
        if number == ROWS // 2:
            assert seal.seal(town.organisation)
    assert seal.seal(town.organisation)
    return town


def verified(town: Town, folder: Path, *witnesses: str, language: str = "en") -> tuple[int, str]:
    """Export the log, run the verifier as another program, and return its status and words."""
    export = folder / "log.jsonl"
    command("audit_export", organisation=town.id, output=export)
    key = keyd_client.ask(keyd.StatusRequest(), keyd.StatusAnswer).checkpoint_key
    words = [sys.executable, "-I", VERIFIER, export, f"--key={key}", f"--language={language}"]
    for number, witness in enumerate(witnesses):
        (folder / f"witness{number}").write_text(f"<109>1 gateway: {witness}\n")
        words.append(f"--witness={folder}/witness{number}")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


@contextmanager
def superuser() -> Iterator[None]:
    """Take the database's own guard away for the block, as only its superuser can, and put it back."""
    tables = ("audit_auditrow", "audit_checkpoint")
    if connection.vendor == "postgresql":
        _execute(*(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        yield
        _execute(*(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    _execute(*(f"DROP TRIGGER {name}" for name, _ in triggers))
    yield
    _execute(*(sql for _, sql in triggers))


def _execute(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_an_honest_log_holds(log: Town, tmp_path: Path) -> None:
    """The independent program computes the same hashes, whatever characters the rows hold."""
    status, words = verified(log, tmp_path)
    assert (status, f"{log.organisation.audit_number} rows hold" in words) == (0, True)
    assert "行すべてに改ざんはありません" in verified(log, tmp_path, language="ja")[1]


def test_an_edit_is_named(log: Town, tmp_path: Path) -> None:
    """One changed word in one row."""
    with superuser():
        AuditRow.objects.filter(organisation=log.id, number=7).update(actor="somebody-else")
    status, words = verified(log, tmp_path)
    assert (status, words.startswith("row 7:"), words.count("\n")) == (1, True, 1)


def test_a_deletion_is_named(log: Town, tmp_path: Path) -> None:
    """One row taken out of the middle."""
    with superuser():
        AuditRow.objects.filter(organisation=log.id, number=5).delete()
    status, words = verified(log, tmp_path)
    assert (status, words.splitlines()[0]) == (1, "missing: row 5")


def test_a_reordering_is_named(log: Town, tmp_path: Path) -> None:
    """Two rows that exchanged their places."""
    with superuser():
        for old, new in ((4, -4), (5, 4), (-4, 5)):
            AuditRow.objects.filter(organisation=log.id, number=old).update(number=new)
    status, words = verified(log, tmp_path)
    assert (status, words.startswith("row 4:")) == (1, True)


def test_a_cut_tail_is_named_by_its_checkpoint(log: Town, tmp_path: Path) -> None:
    """The newest rows cut off, with the checkpoint still in the database."""
    last = log.organisation.audit_number
    with superuser():
        AuditRow.objects.filter(organisation=log.id, number__gt=last - 3).delete()
    status, words = verified(log, tmp_path)
    assert (status, words.startswith(f"cut off: rows {last - 2} to {last};")) == (1, True)


def test_a_cut_tail_with_its_checkpoints_is_named_by_a_witness(log: Town, tmp_path: Path) -> None:
    """Rows and checkpoints cut off: alone it looks whole, the witness's copy of the checkpoint proves it."""
    witness = seal.newest_checkpoint(log.organisation)
    assert witness is not None
    with superuser():
        Checkpoint.objects.filter(organisation=log.id, number=witness.number).delete()
        AuditRow.objects.filter(organisation=log.id, number__gt=witness.number - 2).delete()
    assert verified(log, tmp_path)[0] == 0
    status, words = verified(log, tmp_path, witness.signed)
    assert (status, f"cut off: rows {witness.number - 1} to {witness.number};" in words) == (1, True)


def test_a_chain_written_anew_is_named(log: Town, tmp_path: Path) -> None:
    """Every hash computed again after an edit: the chain holds, keyd's seals do not, and keyd signs no other."""
    with superuser():
        AuditRow.objects.filter(organisation=log.id, number=9).update(actor="somebody-else")
        _rehash(log)
    status, words = verified(log, tmp_path)
    assert (status, "written anew: rows " in words, "row 9:" in words) == (1, True, False)
    assert not seal.seal(log.organisation)


def test_a_forged_checkpoint_is_named(log: Town, tmp_path: Path) -> None:
    """A seal that keyd did not sign."""
    good = seal.newest_checkpoint(log.organisation)
    assert good is not None
    body, _, signature = good.signed.partition(".")
    status, words = verified(log, tmp_path, f"{body}.{'A' * len(signature)}")
    assert (status, words) == (1, "a checkpoint is not signed by the given key\n")


def test_a_file_that_broke_off_is_not_believed(log: Town, tmp_path: Path) -> None:
    """Half an export, and no export at all, are told apart from a log that holds."""
    verified(log, tmp_path)
    export = tmp_path / "log.jsonl"
    data = export.read_bytes()
    for part in (data[: len(data) // 2], b"", b"\xff\n"):
        export.write_bytes(part)
        key = keyd_client.ask(keyd.StatusRequest(), keyd.StatusAnswer).checkpoint_key
        words = [sys.executable, "-I", VERIFIER, export, f"--key={key}", "--language=en"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, "not complete" in done.stdout) == (1, True)


def _rehash(town: Town) -> None:
    previous = audit.FIRST_HASH
    for row in AuditRow.objects.filter(organisation=town.id).order_by("number"):
        fields = {name: getattr(row, name) for name in audit.AuditRow.__struct_fields__ if hasattr(row, name)}
        hashed = audit.AuditRow(**{**fields, "organisation": town.id, "previous_hash": previous})
        previous = audit.row_hash(hashed)
        AuditRow.objects.filter(pk=row.pk).update(row_hash=previous)
