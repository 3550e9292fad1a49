"""F78 at the sign-in API: deep JSON, NUL, lone surrogates, huge numbers and bodies, NaN: refused, never a 5xx."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanare_core import wire
from hanare_core.problems import Code
from hanare_server.sticks.urls import urlpatterns
from tests.server.town import Town

PATHS = [f"/{pattern.pattern}" for pattern in urlpatterns if str(pattern.pattern).startswith(("stick/v1", "kitting"))]
DEEP = 50_000
HOSTILE = {
    "deep list": b"[" * DEEP,
    "deep object": b'{"stick":' * DEEP,
    "deep and closed": b"[" * DEEP + b"]" * DEEP,
    "NUL": b'{"stick":"a\\u0000b"}',
    "raw NUL": b'{"stick":"a\x00b"}',
    "lone surrogate": b'{"stick":"\\ud800","protocol":1,"image":0,"generation":0}',
    "half a character": b'{"stick":"\xe3\x81"}',
    "NaN": b'{"stick":"st-1","protocol":NaN,"image":0,"generation":0}',
    "Infinity": b'{"stick":"st-1","protocol":1,"image":-Infinity,"generation":0}',
    "huge number": b'{"stick":"st-1","protocol":1,"image":1' + b"0" * 5000 + b',"generation":0}',
    "huge exponent": b'{"stick":"st-1","protocol":1e400,"image":0,"generation":0}',
    "twice": b'{"stick":"st-1","stick":"st-2","protocol":1,"image":0,"generation":0}',
    "another shape": b'"stick"',
    "empty": b"",
    "byte order mark": b"\xef\xbb\xbf{}",
    "long id": json.dumps({"stick": "s" * 60_000}).encode(),
}


def refused(path: str, body: bytes) -> int:
    """Post the bytes; return the status after checking that the answer is a refusal of the closed list."""
    answer = Client().post(path, body, content_type="application/json", REMOTE_ADDR="fd00::1")
    Code(json.loads(answer.content)["code"])
    return int(answer.status_code)


@pytest.mark.usefixtures("town", "patient")
@pytest.mark.parametrize("path", PATHS)
def test_hostile_bytes_are_refused(path: str) -> None:
    """Each kind at each request gets a 4xx with a code; a body over the limit is not even read."""
    for name, body in HOSTILE.items():
        assert 400 <= refused(path, body) < 500, name
    assert refused(path, b"x" * (wire.MESSAGE_BYTES + 1)) == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["stick", "signed", "by_user", "by_stick", "protocol", "image", "generation"])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=200) | st.dictionaries(FIELDS, JSON).map(json.dumps))
@pytest.mark.usefixtures("patient")
def test_any_bytes_are_refused(town: Town, path: str, body: bytes | str) -> None:
    """Whatever is sent gets a refusal of the closed list with a 4xx."""
    assert town.id
    assert 400 <= refused(path, body.encode() if isinstance(body, str) else body) < 500
