"""The settings that are laid into the image's root: what one file says the others know."""

import re
from pathlib import Path
from typing import Final

import pytest

import hanare_image
from hanare_stick.settings import read_settings

ROOT: Final = Path(hanare_image.__file__).parent / "build/files/root"
USERS: Final = dict(
    re.findall(r"^u (\S+) (\d+)", (ROOT / "usr/lib/sysusers.d/hanare.conf").read_text("utf-8"), re.MULTILINE)
)
OF_DEBIAN: Final = {"root", "systemd-network"}


def test_the_agent_s_settings_name_the_image_s_users() -> None:
    """Every user of stick.toml is made by sysusers with that number, and each program has one of its own."""
    settings = read_settings(ROOT / "etc/hanare/stick.toml")
    browser, sound = settings.browser, settings.display.sound
    assert browser is not None
    assert browser.input_method is not None
    assert browser.portal is not None
    assert sound is not None
    named = {
        "kiosk": settings.kiosk.uid,
        "desktop": settings.display.uid,
        "browser": browser.uid,
        "input-method": browser.input_method.uid,
        "portal": browser.portal.uid,
        "portal-relay": browser.portal.relay_uid,
        "sound": sound.uid,
    }
    assert {name: str(uid) for name, uid in named.items()} == USERS


def test_the_firewall_names_users_that_exist() -> None:
    """A user that the image does not make would leave the stick without rules, and so without a network."""
    named = set(re.findall(r'skuid "([^"]+)"', (ROOT / "etc/hanare/firewall.nft").read_text("utf-8")))
    assert named <= OF_DEBIAN | set(USERS)


@pytest.mark.parametrize("way", ["play", "talk"])
def test_the_sound_s_sockets_are_the_ones_that_the_desktop_is_given(way: str) -> None:
    """stick.toml, the server's settings and the unit that listens say one place; only by `talk` may anybody record."""
    sound = read_settings(ROOT / "etc/hanare/stick.toml").display.sound
    assert sound is not None
    place = getattr(sound, way)
    server = (ROOT / f"etc/hanare/sound/{way}.conf").read_text("utf-8")
    unit = (ROOT / "etc/systemd/system/hanare-pulse@.socket").read_text("utf-8")
    assert f'"unix:{place}"' in server
    assert f"ListenStream={place.removesuffix(way)}%i\n" in unit
    assert ("block-record-stream" in server) == (way == "play")
