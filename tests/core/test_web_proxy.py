"""Which names a session may open: exact ones, ones below a suffix, never an address."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanare_core.web_proxy import permitted

LITERALS = ("1.2.3.4", "1.2.3", "16909060", "[::1]", "::ffff:1.2.3.4", "0x1.2.3.4")
TABLE = {"100.64.0.5": ("chat.example.jp", "*.cdn.example.jp", "1.2.3.4")}


@pytest.mark.parametrize("host", ["chat.example.jp", "CHAT.example.jp", "chat.example.jp.", "a.b.cdn.example.jp"])
def test_permitted(host: str) -> None:
    """Exact names and names below a suffix, in any case, with or without the final dot."""
    assert permitted("100.64.0.5", host, TABLE)


@pytest.mark.parametrize(
    "host",
    [
        *LITERALS,
        "",
        ".",
        "example.jp",
        "cdn.example.jp",
        "xcdn.example.jp",
        "chat.example.jp.evil.com",
        "evil-chat.example.jp",
    ],
)
def test_refused(host: str) -> None:
    """Other names, the suffix itself, look-alikes, and addresses in every form."""
    assert not permitted("100.64.0.5", host, TABLE)


@settings(deadline=None)
@given(host=st.text(max_size=40))
def test_a_stranger_opens_nothing(host: str) -> None:
    """An address that holds no lease opens no name at all."""
    assert not permitted("100.64.0.6", host, TABLE)
