"""Registering sticks with a batch's token."""

import dataclasses

import pytest
from nacl.signing import SigningKey

from hanare_core.problems import Code, Problem
from hanare_server.directory.models import Stick
from hanare_server.sticks import leftovers
from hanare_server.sticks.models import RegistrationToken
from tests.keyd.office import code_of
from tests.server.town import Town, command
from tests.server.worker_at_home import AtHome


def test_registers_as_many_sticks_as_the_batch_has(town: Town) -> None:
    """A token for two registers two sticks of its department, and no third."""
    token = _token(town, 2)
    for number in (1, 2):
        stick = _new(town, f"{town.id[-8:]}-{number}")
        assert stick.register(token).stick == stick.stick
        assert town.row(stick).department_id == town.department
    assert code_of(lambda: _new(town, f"{town.id[-8:]}-3").register(token)) is Code.TOKEN_INVALID
    assert town.acts().count("registered") == 2


def test_the_same_stick_again_is_answered_alike(town: Town) -> None:
    """A repeated registration uses up nothing and writes nothing."""
    token = _token(town, 1)
    stick = _new(town, town.id[-8:])
    assert stick.register(token) == stick.register(token)
    assert town.acts().count("registered") == 1


def test_another_certificate_for_a_known_stick_conflicts(town: Town) -> None:
    """The id or a key of a registered stick cannot be taken over, even with a certificate by the CA."""
    token = _token(town, 5)
    stick = _new(town, town.id[-8:])
    stick.register(token)
    same_id = _new(town, stick.stick)
    same_key = dataclasses.replace(_new(town, f"{stick.stick}-2"), identity=stick.identity)
    assert code_of(lambda: same_id.register(token)) is Code.CONFLICT
    assert code_of(lambda: same_key.register(token)) is Code.CONFLICT
    assert town.row(stick).certificate == stick.certificate()


def test_a_token_alone_registers_nothing(town: Town) -> None:
    """A certificate by another CA, or for another organisation, is refused."""
    token = _token(town, 5)
    other_ca = dataclasses.replace(_new(town, "st-a"), ca_key=SigningKey.generate())
    other_organisation = dataclasses.replace(_new(town, "st-b"), organisation="elsewhere")
    assert code_of(lambda: other_ca.register(token)) is Code.NOT_AUTHENTIC
    assert code_of(lambda: other_organisation.register(token)) is Code.NOT_AUTHENTIC


def test_a_token_that_ran_out_is_refused_and_cleared(town: Town) -> None:
    """After its time the token is worth nothing; later its row goes."""
    token = _token(town, 1)
    RegistrationToken.objects.filter(organisation=town.id).update(not_after_ms=1)
    stick = _new(town, town.id[-8:])
    assert code_of(lambda: stick.register(token)) is Code.TOKEN_INVALID
    leftovers.clear()
    assert not RegistrationToken.objects.filter(organisation=town.id).exists()
    assert not Stick.objects.filter(pk=stick.stick).exists()


def test_a_guessed_token_is_refused(town: Town) -> None:
    """A token that was never issued names no organisation."""
    with pytest.raises(Problem, match="token-invalid"):
        _new(town, "st-c").register("A" * 43)


def test_a_label_with_control_characters_is_malformed(town: Town) -> None:
    """What people will read holds printable characters only."""
    assert code_of(lambda: _new(town, "st-d").register(_token(town, 1), "a\0b")) is Code.MALFORMED


def _token(town: Town, count: int) -> str:
    return command("registration_token", organisation=town.id, department=town.department, count=count)


def _new(town: Town, name: str) -> AtHome:
    return AtHome(stick=name, organisation=town.id, ca_key=town.ca_key)
