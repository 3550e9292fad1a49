"""The settings of a profile: bounds, contradictions, and what of them a stick is told."""

from typing import Any

import msgspec
import pytest

from hanare_core import stick_settings
from hanare_core.profile import FIELDS, MAX_IDLE_MINUTES, Settings
from hanare_core.web_application import WebApplication

CHAT: dict[str, Any] = {
    "id": "chat",
    "name_ja": "チャット",
    "name_en": "Chat",
    "url": "https://chat.example.jp/start",
    "hosts": ["chat.example.jp", "*.static.example.jp"],
}

REFUSED: list[dict[str, Any]] = [
    {"idle_end_minutes": MAX_IDLE_MINUTES + 1},
    {"idle_lock_minutes": 20, "idle_end_minutes": 10},
    {"from_minute": 600, "until_minute": 600},
    {"weekdays": []},
    {"weekdays": [0]},
    {"weekdays": [1, 1]},
    {"zones": ["mynumber"]},
    {"zones": ["lgwan", "lgwan"]},
    {"lease_ttl_ms": 999},
    {"grace_ms": 1_800_001},
    {"session_ms": 12 * 3600 * 1000 + 1},
    {"pin_characters": 5},
    {"second_factor": "sms"},
    {"watermark": "yes"},
    {"a_field_that_is_not_known": 1},
    {"web_applications": [CHAT, CHAT]},
    {"web_applications": [CHAT | {"url": "http://chat.example.jp/"}]},
    {"web_applications": [CHAT | {"url": "https://evil.example/"}]},
    {"web_applications": [CHAT | {"url": "https://u:p@chat.example.jp/"}]},
    {"web_applications": [CHAT | {"url": "https://chat.example.jp:8443/"}]},
    {"web_applications": [CHAT | {"hosts": ["*"]}]},
    {"web_applications": [CHAT | {"hosts": ["*.jp", "chat.example.jp", "Chat.example.jp"]}]},
]


def test_defaults_are_a_whole_profile() -> None:
    """A profile that says nothing is valid, strict about time and closed about devices."""
    settings = msgspec.convert({}, Settings)
    assert (settings.grace_ms, settings.microphone, settings.watermark) == (0, False, True)
    assert msgspec.convert(msgspec.to_builtins(settings), Settings) == settings


@pytest.mark.parametrize("fields", REFUSED)
def test_refuses(fields: dict[str, Any]) -> None:
    """What is out of its bounds, contradictory or unknown is refused as a whole."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, Settings)


@pytest.mark.parametrize(
    ("host", "permitted"),
    [
        ("chat.example.jp", True),
        ("a.static.example.jp", True),
        ("b.a.static.example.jp", True),
        ("static.example.jp", False),
        ("evilstatic.example.jp", False),
        ("chat.example.jp.evil.example", False),
        ("x.chat.example.jp", False),
    ],
)
def test_hosts_of_an_application(host: str, *, permitted: bool) -> None:
    """An exact host is that host only; a star covers what lies below, never the name itself or a look-alike."""
    assert msgspec.convert(CHAT, WebApplication).permits(host) is permitted


def test_a_stick_hears_its_part() -> None:
    """Each field of the stick's two parts is one of the settings and carries its value."""
    fields = {"watermark": False, "keyboard": "us", "pin_characters": 8, "web_applications": [CHAT]}
    settings = msgspec.convert(fields, Settings)
    door, session = stick_settings.before_sign_in(settings), stick_settings.in_session(settings)
    for part in (door, session):
        assert set(part.__struct_fields__) <= set(FIELDS)
        for name in part.__struct_fields__:
            assert getattr(part, name) == getattr(settings, name)


def test_what_a_stick_assumes_is_the_default() -> None:
    """A stick that was told nothing works by the same defaults as the server."""
    assert stick_settings.DoorSettings() == stick_settings.before_sign_in(Settings())
    assert stick_settings.StickSettings() == stick_settings.in_session(Settings())
