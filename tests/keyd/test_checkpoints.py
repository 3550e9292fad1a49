"""Checkpoints of audit logs: signed for each state of a log, never for one that went back or was written anew."""

from hanare_core import signed
from hanare_core.checkpoint import Checkpoint
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_keyd import admin
from tests.keyd.office import ORGANISATION, Keyd

ONE, OTHER = "1" * 64, "2" * 64


def asked(process: Keyd, number: int, row_hash: str = ONE, organisation: str = ORGANISATION) -> keyd.AnyAnswer:
    """Ask a real keyd for a checkpoint."""
    return process.ask(keyd.CheckpointRequest(organisation, number, row_hash))


def refused(answer: keyd.AnyAnswer) -> Code | None:
    """Return the code of a refusal."""
    return answer.code if isinstance(answer, keyd.RefusalAnswer) else None


def test_a_checkpoint_says_what_keyd_saw(process: Keyd) -> None:
    """The statement names the organisation, the newest row and its hash, and keyd's own key verifies it."""
    status = process.ask(keyd.StatusRequest())
    assert isinstance(status, keyd.StatusAnswer)
    answer = asked(process, 7)
    assert isinstance(answer, keyd.CheckpointAnswer)
    body = signed.verify(Kind.AUDIT_CHECKPOINT, answer.signed, status.checkpoint_key, Checkpoint)
    assert (body.organisation, body.number, body.row_hash) == (ORGANISATION, 7, ONE)


def test_a_log_never_goes_back(process: Keyd) -> None:
    """A lower number, or another row under the same one, gets no signature, also after a crash of keyd."""
    for number in (3, 3, 5):
        assert refused(asked(process, number)) is None
    process.kill()
    with process.running():
        assert refused(asked(process, 4)) is Code.CONFLICT
        assert refused(asked(process, 5, OTHER)) is Code.CONFLICT
        assert refused(asked(process, 5)) is None


def test_a_restored_log_goes_on_by_keyds_own_command(process: Keyd) -> None:
    """Only somebody on keyd's host lets a log begin again from a backup."""
    asked(process, 9)
    assert refused(asked(process, 2)) is Code.CONFLICT
    assert admin.main([str(process.settings_path), "audit-restored", "--organisation", ORGANISATION]) == 0
    assert refused(asked(process, 2)) is None


def test_an_unknown_organisation_gets_none(process: Keyd) -> None:
    """Nobody can fill keyd's table with organisations that it does not know."""
    assert refused(asked(process, 1, organisation="elsewhere")) is Code.NOT_AUTHENTIC
