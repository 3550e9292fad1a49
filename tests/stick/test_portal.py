"""What a stranger's answer on port 80 says: an address of the web or nothing, whatever its bytes are."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_stick import portal, portal_relay

HEAD = b"HTTP/1.1 302 Found\r\nServer: x\r\nLocation: %s\r\n\r\n"
ODD = st.text(alphabet="htps:/[]@%#?.0129afv:\\ \t\x00é¥", max_size=40).map(lambda text: text.encode("latin-1"))


def test_the_page_is_where_the_answer_leads_to() -> None:
    """Its first Location, in any letters."""
    assert portal.page(HEAD % b"https://portal.example/in?a=1") == "https://portal.example/in?a=1"
    assert portal.page(b"HTTP/1.0 302 x\r\nLOCATION:http://[fd00::1]/ \r\n\r\n") == "http://[fd00::1]/"


@pytest.mark.parametrize(
    "place",
    [b"http://[", b"http://[::1/", b"http://]", b"http://[v.]/", b"file:///etc/passwd", b"/sign-in", b"http://"],
)
def test_what_is_no_address_of_the_web_leads_nowhere(place: bytes) -> None:
    """The answering address itself is named then."""
    assert portal.page(HEAD % place) is None


@given(st.one_of(st.binary(max_size=200), ODD.map(lambda place: HEAD % (b"http://" + place)), ODD.map(HEAD.__mod__)))
def test_any_head_is_read(head: bytes) -> None:
    """What comes out is an http or https address with a host, and no head raises anything."""
    found = portal.page(head)
    if found is not None:
        assert urlsplit(found).scheme in {"http", "https"}
        assert urlsplit(found).hostname


@given(st.one_of(st.binary(max_size=200), ODD.map(b"GET http://%s HTTP/1.1\r\n\r\n".__mod__)))
def test_any_request_to_the_relay_is_one_or_is_refused(head: bytes) -> None:
    """The portal's page may ask for anything: `wish` raises ValueError, which is answered, and nothing else."""
    try:
        wanted = portal_relay.wish(head)
    except ValueError:
        return
    assert wanted.host
