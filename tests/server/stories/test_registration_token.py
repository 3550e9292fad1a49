"""F08: a registration token is replayed, shared, or found later. F09: somebody stands between station and server."""

import pytest
from nacl.signing import SigningKey

from hanare_core import fingerprint, signed
from hanare_core.messages import api
from hanare_core.problems import Code
from hanare_core.signed import Kind
from hanare_server.audit.models import AuditRow
from hanare_server.directory.models import Stick
from hanare_server.sticks.models import RegistrationToken
from tests.keyd.office import code_of
from tests.server.town import Town, command
from tests.server.worker_at_home import AtHome

LATER_MS = 15 * 60 * 1000


def new_stick(town: Town, name: str, ca_key: SigningKey | None = None) -> AtHome:
    """Return a stick that nobody has registered."""
    return AtHome(f"st-{name}-{town.id[-8:]}", town.id, ca_key or town.ca_key)


def token(town: Town, count: int = 1) -> str:
    """Return a fresh token for this many sticks."""
    return command("registration_token", organisation=town.id, department=town.department, count=count)


def test_a_token_is_good_for_its_number_of_sticks(town: Town) -> None:
    """The second stick with a token for one is refused; the first, sent again, is answered alike."""
    issued, first, second = token(town), new_stick(town, "a"), new_stick(town, "b")
    first.register(issued)
    assert code_of(lambda: second.register(issued)) is Code.TOKEN_INVALID
    first.register(issued)
    assert Stick.objects.filter(organisation=town.id).count() == 1


def test_a_refused_token_is_written_down(town: Town) -> None:
    """Who tries a used token is in the log, with the certificate that was shown."""
    issued, second = token(town), new_stick(town, "b")
    new_stick(town, "a").register(issued)
    assert code_of(lambda: second.register(issued)) is Code.TOKEN_INVALID
    row = AuditRow.objects.get(organisation=town.id, act="register-refused")
    assert (row.object, row.detail["reason"]) == (second.stick, "token-invalid")


def test_a_token_that_is_over_registers_nothing(town: Town) -> None:
    """After fifteen minutes it is worth nothing."""
    issued = token(town, 5)
    waiting = RegistrationToken.objects.get(organisation=town.id)
    waiting.not_after_ms -= LATER_MS
    waiting.save()
    assert code_of(lambda: new_stick(town, "late").register(issued)) is Code.TOKEN_INVALID


def test_a_stolen_token_alone_registers_nothing(town: Town) -> None:
    """Without the offline CA's signature a token is worth nothing, and it is not used up."""
    issued = token(town)
    assert code_of(lambda: new_stick(town, "forged", SigningKey.generate()).register(issued)) is Code.NOT_AUTHENTIC
    assert new_stick(town, "real").register(issued).stick


def test_in_the_middle_a_key_cannot_be_exchanged(town: Town) -> None:
    """A registration whose certificate or signature belongs to another key than the stick's is refused."""
    issued, stick, thief = token(town), new_stick(town, "a"), SigningKey.generate()
    body = api.RegisterBody(token=issued, certificate=stick.certificate(), label="x")
    message = api.Register(signed=signed.sign(Kind.REGISTER, body, thief))
    assert code_of(lambda: stick.post(api.REGISTER_PATH, message, api.Registered)) is Code.NOT_AUTHENTIC
    relabelled = signed.sign(Kind.REGISTER, body, stick.identity)
    head, _, tail = signed.sign(Kind.REGISTER, api.RegisterBody(issued, body.certificate, "y"), thief).partition(".")
    mixed = api.Register(signed=f"{head}.{relabelled.partition('.')[2]}")
    assert tail
    assert code_of(lambda: stick.post(api.REGISTER_PATH, mixed, api.Registered)) is Code.NOT_AUTHENTIC


def test_both_screens_show_the_same_digits(town: Town) -> None:
    """The log row that the console shows has the digits that the kitting station printed; the stick's door works."""
    stick = new_stick(town, "a")
    stick.register(token(town))
    row = AuditRow.objects.get(organisation=town.id, act="registered")
    assert row.detail["fingerprint"] == fingerprint.digits(signed.public_text(stick.identity))
    assert stick.hello().nonce


@pytest.mark.parametrize("same", ["identity", "door"])
def test_a_key_that_is_taken_is_a_conflict(town: Town, same: str) -> None:
    """A second stick with a key of the first is refused with 409 and written down."""
    first, second = new_stick(town, "a"), new_stick(town, "b")
    first.register(token(town))
    setattr(second, same, getattr(first, same))
    issued = token(town)
    assert code_of(lambda: second.register(issued)) is Code.CONFLICT
    assert AuditRow.objects.get(organisation=town.id, act="register-refused").detail["reason"] == "conflict"
