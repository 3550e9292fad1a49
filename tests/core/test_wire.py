"""The frame of messages: closed decoding, sizes, keys."""

from types import UnionType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import wire
from hanare_core.messages import api, gateway, keyd, local, stick
from hanare_core.problems import Code, Problem

UNIONS = [
    keyd.AnyRequest,
    keyd.AnyAnswer,
    gateway.FromHub,
    gateway.FromGateway,
    stick.FromHub,
    local.ToHub,
    local.FromHub,
]


def problem_of(data: bytes | str, shape: type[wire.Message] = api.Hello, limit: int = wire.MESSAGE_BYTES) -> Problem:
    with pytest.raises(Problem) as caught:
        wire.decode(data, shape, limit=limit)
    return caught.value


def test_a_message_survives_the_wire() -> None:
    """What is encoded is decoded to the same message."""
    hello = api.Hello(stick="st-1", protocol=1, image=7, generation=3)
    assert wire.decode(wire.encode(hello), api.Hello) == hello


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"stick":"st-1","protocol":1,"image":0,"generation":-1}', "$.generation"),
        (b'{"stick":"st-1","protocol":"1","image":0,"generation":1}', "$.protocol"),
        (b'{"stick":"ST 1","protocol":1,"image":0,"generation":1}', "$.stick"),
        (b'{"stick":"st-1\\n","protocol":1,"image":0,"generation":1}', "$.stick"),
        (b'{"stick":"st-1","protocol":1,"image":0,"generation":1,"role":"admin"}', "$"),
        (b'{"stick":"st-1","protocol":1,"image":0,"generation":NaN}', "$"),
        (b'{"stick":"st-1","protocol":1,"image":0,"generation":18446744073709551616}', "$.generation"),
        (b'{"stick":"\xed\xa0\x80"}', "$"),
        (b"", "$"),
        (b"[" * 30_000, "$"),
        (b"null", "$"),
    ],
)
def test_a_bad_message_is_malformed_at_its_path(data: bytes, path: str) -> None:
    """Whatever is not exactly the shape is refused, and the path is named without the sender's values."""
    problem = problem_of(data)
    assert (problem.code, problem.detail["path"]) == (Code.MALFORMED, path)


def test_a_message_over_its_limit_is_not_read() -> None:
    """A message that is too large is refused before it is parsed."""
    assert problem_of(b" " * (wire.MESSAGE_BYTES + 1)).code is Code.TOO_LARGE


def test_a_lone_surrogate_in_text_is_malformed() -> None:
    """Text frames that no UTF-8 can hold are refused."""
    assert problem_of('{"stick":"\ud800"}').code is Code.MALFORMED


@pytest.mark.parametrize("union", UNIONS)
@given(data=st.binary(max_size=200))
def test_no_bytes_crash_a_decoder(union: UnionType, data: bytes) -> None:
    """Any bytes give a message or a Problem, never another exception."""
    try:
        wire.decode(data, union)
    except Problem as problem:
        assert problem.code is Code.MALFORMED


@given(st.binary(min_size=1, max_size=64))
def test_key_text_is_one_to_one(data: bytes) -> None:
    """Key text decodes to its bytes."""
    assert wire.key_bytes(wire.key_text(data)) == data


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A+8_", "é", "AAAA\n", "A AA"])
def test_other_spellings_of_key_text_are_refused(text: str) -> None:
    """Padding, other alphabets and stray bits are no key text."""
    with pytest.raises(Problem) as caught:
        wire.key_bytes(text)
    assert caught.value.code is Code.MALFORMED


@pytest.mark.parametrize("name", ["a\\u0000b", "a\\nb", "\\ud800", "", "x" * 65])
def test_a_name_holds_no_control_character_and_no_half_character(name: str) -> None:
    """Names that no database or screen can hold are refused at the wire."""
    body = f'{{"nonce":"{"A" * 43}","user":"{name}","element":"{"A" * 43}"}}'
    assert problem_of(body.encode(), api.BeginBody).detail["path"] in {"$.user", "$"}


def test_another_version_is_refused_at_its_path() -> None:
    """This version is spoken, another is refused by name."""
    wire.require_version(wire.PROTOCOL_VERSION)
    with pytest.raises(Problem) as caught:
        wire.require_version(wire.PROTOCOL_VERSION + 1)
    assert (caught.value.code, caught.value.detail) == (Code.MALFORMED, {"path": "$.protocol"})


def test_every_union_is_decodable() -> None:
    """Tags within one channel are distinct."""
    for union in UNIONS:
        msgspec.json.Decoder(union)
