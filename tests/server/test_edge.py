"""Bad requests: every one is answered with a code, none with a traceback, and none leaves a row."""

import json
from typing import Any

import pytest
from django.test import Client

from hanare_core import signed, wire
from hanare_core.messages import api
from hanare_core.signed import Kind
from hanare_server.audit.models import AuditRow
from hanare_server.sticks.models import SignIn
from hanare_server.throttle import KEYS, Throttle
from tests.server.town import Town

PATHS = ["hello", "begin", "finish", "confirm", "end", "first-pin/begin", "first-pin/finish"]

BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "an unknown field": b'{"stick":"st-1","protocol":1,"image":0,"generation":0,"more":1}',
    "a wrong type": b'{"stick":1,"protocol":"1","image":0,"generation":0}',
    "a negative count": b'{"stick":"st-1","protocol":1,"image":-1,"generation":0}',
    "not a number": b'{"stick":"st-1","protocol":1,"image":NaN,"generation":0}',
    "infinity": b'{"stick":"st-1","protocol":1,"image":1e999,"generation":0}',
    "a lone surrogate": b'{"stick":"\\ud800","protocol":1,"image":0,"generation":0}',
    "a NUL": b'{"stick":"st\\u0000","protocol":1,"image":0,"generation":0}',
    "no UTF-8": b'{"stick":"\xff\xfe","protocol":1,"image":0,"generation":0}',
    "a line break at the end of an id": b'{"stick":"st-1\\n","protocol":1,"image":0,"generation":0}',
    "deep nesting": b"[" * 30_000,
    "a huge number": b'{"stick":"st-1","protocol":1,"image":' + b"9" * 5_000 + b',"generation":0}',
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_malformed_messages_are_refused(town: Town, path: str, body: bytes) -> None:
    """Whatever is no message of its shape is malformed."""
    assert _post(f"/stick/v1/{path}", body, source=f"fd20::{town.id[-4:]}") == (400, "malformed")


def test_an_oversized_body_is_not_read(town: Town) -> None:
    """A gigabyte that is only announced is refused by its length."""
    answer = Client().post(
        "/stick/v1/hello", b"{}", content_type="application/json", CONTENT_LENGTH=str(2**30), REMOTE_ADDR=town.id
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize("length", ["-1", "1e3", "９", "9" * 400])
def test_a_faulty_length_is_refused(town: Town, length: str) -> None:
    """A length that is no plain number, or beyond all numbers, is refused."""
    answer = Client().post(
        "/stick/v1/hello", b"{}", content_type="application/json", CONTENT_LENGTH=length, REMOTE_ADDR=town.id
    )
    assert answer.status_code in {400, 413}
    assert answer.json()["code"] in {"malformed", "too-large"}


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options", "head"])
def test_other_methods_are_refused(town: Town, method: str) -> None:
    """Only POST is answered; the refusal says so."""
    answer = getattr(Client(), method)("/stick/v1/hello", REMOTE_ADDR=town.id)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/stick/v1/", "/stick/v2/hello", "/stick/v1/hello/", "/kitting/v1/x", "/stick/v1/%00"]
)
def test_unknown_paths_are_refused_in_json(town: Town, path: str) -> None:
    """Below the API's prefixes even what is not there answers by a code."""
    assert _post(path, b"{}", source=town.id) == (404, "not-found")


def test_an_unknown_stick_is_told_so(town: Town) -> None:
    """A stick that was never registered gets its own code."""
    message = api.Hello(stick="st-nobody", protocol=1, image=0, generation=0)
    assert _post("/stick/v1/hello", wire.encode(message), source=town.id) == (403, "stick-unknown")


@pytest.mark.parametrize("name", ["a\0b", "a\x1bb", " ", "\u200b\0"])
def test_names_with_control_characters_are_malformed(town: Town, name: str) -> None:
    """No name holds control characters; PostgreSQL could not even look it up."""
    stick = town.add_stick()
    body = api.BeginBody(nonce=stick.hello().nonce, user=name, element="A" * 43)
    message = api.Begin(stick=stick.stick, signed=signed.sign(Kind.BEGIN, body, stick.identity))
    assert _post("/stick/v1/begin", wire.encode(message), source=stick.source) == (400, "malformed")


def test_bad_messages_leave_no_row(town: Town) -> None:
    """After a series of bad messages of a known stick there is no sign-in and no audit row more."""
    stick = town.add_stick()
    before = AuditRow.objects.filter(organisation=town.id).count()
    for path in PATHS[1:]:
        for text in ("a.b", "A" * 10 + "." + "B" * 86):
            body = json.dumps({"stick": stick.stick, "signed": text, "by_user": text, "by_stick": text}).encode()
            status, _ = _post(f"/stick/v1/{path}", body, source=stick.source)
            assert 400 <= status < 500
    assert AuditRow.objects.filter(organisation=town.id).count() == before
    assert not SignIn.objects.filter(stick=stick.stick).exists()


def test_a_source_that_asks_too_much_is_throttled(town: Town) -> None:
    """A burst from one door is cut off, and another door is still heard."""
    answers = [_post("/stick/v1/hello", b"{}", source=f"{town.id}-storm")[1] for _ in range(60)]
    assert answers[0] == "malformed"
    assert answers[-1] == "throttled"
    assert _post("/stick/v1/hello", b"{}", source=f"{town.id}-other")[1] == "malformed"


def test_a_bucket_fills_again_and_the_oldest_is_forgotten() -> None:
    """Tokens come back with time, and memory is bounded."""
    throttle = Throttle(burst=2, per_second=1.0)
    assert [throttle.allows("a", now=0.0) for _ in range(3)] == [True, True, False]
    assert throttle.allows("a", now=1.0)
    for number in range(KEYS):
        throttle.allows(str(number), now=1.0)
    assert throttle.allows("a", now=1.0)


def test_a_header_names_the_source_behind_the_front_only(town: Town) -> None:
    """X-Real-IP counts when the peer is our unix socket, and for nobody else."""
    stick = town.add_stick()
    hello = wire.encode(api.Hello(stick=stick.stick, protocol=1, image=0, generation=0))
    assert _post("/stick/v1/hello", hello, source="", HTTP_X_REAL_IP=stick.source)[0] == 200
    assert _post("/stick/v1/hello", hello, source="fd20::99", HTTP_X_REAL_IP=stick.source)[0] == 401


def _post(path: str, body: bytes, *, source: str, **headers: Any) -> tuple[int, str]:
    answer = Client().post(path, body, content_type="application/json", REMOTE_ADDR=source, **headers)
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json().get("code", "")
